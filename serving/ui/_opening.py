"""Opens the forecast of a ticker that is clicked on any tab."""

from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio import EventData, Tabs

from serving.ui._tab import Parts


def open_tickers(tabs: Tabs, built: Mapping[str, Parts]) -> None:
    """A click on a ticker anywhere shows its forecast."""
    ticker = built["forecast"].controls["ticker"]

    def open_ticker(event: EventData) -> tuple[Any, Any]:
        try:
            chosen = str(event.ticker)
        except (AttributeError, TypeError):  # a select that names no ticker, or that carries nothing at all
            return gr.skip(), gr.skip()
        return gr.update(selected="forecast"), chosen

    for parts in built.values():
        if parts.opens is not None:
            parts.opens.select(
                open_ticker, outputs=[tabs, ticker], api_visibility="private", show_progress="hidden"
            )
