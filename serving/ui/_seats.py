"""The choice of who is asked: whoever sits in the seat, or one of the others, under its own badge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_core.registry.seats import SEATS

if TYPE_CHECKING:
    from gradio import Dropdown


def choose_seat() -> Dropdown:
    """Empty is whoever answers: the champion, and until there is one the reference."""
    import gradio as gr

    choices = [("Who sits there", ""), *((seat.capitalize(), seat) for seat in SEATS)]
    return gr.Dropdown(choices, value="", label="Model", scale=2, min_width=140)
