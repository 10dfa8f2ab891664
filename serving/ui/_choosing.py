"""The choices by which a visitor names one forecast: ticker, horizon and day, alike on each tab that has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.look import markup
from serving.service import Service
from serving.ui._days import AS_OF

if TYPE_CHECKING:
    from gradio import DateTime, Dropdown


def choose_ticker(service: Service, name: str) -> Dropdown:
    """One of those that are forecast; another may be typed, and is told why it has no forecast."""
    import gradio as gr

    known = service.tickers()
    return gr.Dropdown(
        known, value=known[0], label="Ticker", allow_custom_value=True, scale=2, min_width=140, elem_id=name
    )


def choose_horizon(service: Service, first: int, name: str) -> Dropdown:
    """One of those that are asked of the model; `first` is chosen at first."""
    import gradio as gr

    task = service.experiment.task
    steps = [(markup.steps(horizon, task.frequency), horizon) for horizon in task.horizons]
    return gr.Dropdown(steps, value=first, label="Horizon", scale=2, min_width=140, elem_id=name)


def choose_day(name: str) -> DateTime:
    """By whose close the forecast was made; empty is the newest."""
    import gradio as gr

    return gr.DateTime(
        label=f"{AS_OF} (optional)", include_time=False, type="string", scale=3, min_width=220, elem_id=name
    )
