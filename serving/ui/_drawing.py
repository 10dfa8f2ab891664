"""Lays out what a tab shows below its controls, a component for each part, and draws it when the tab is opened."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from serving.ui._tab import Parts


def lay_parts(
    fields: Sequence[str], charts: Collection[str], *, tab: str, first: Mapping[str, str] | None = None
) -> list[Any]:
    """In their order; each is found in the page as `tab-field`. `first` says what stands in one until it is drawn."""
    import gradio as gr

    told = first or {}
    return [
        gr.Plot(show_label=False, elem_classes="cc-chart", elem_id=f"{tab}-{field}", visible=False)
        if field in charts
        else gr.HTML(told.get(field), visible=field in told, elem_id=f"{tab}-{field}")
        for field in fields
    ]


def fill_parts(shown: Sequence[Any]) -> list[Any]:
    """What each component shows now."""
    import gradio as gr

    return [gr.update(value=part or None, visible=bool(part)) for part in shown]


def draw_when_opened(shown: Mapping[str, Any], built: Mapping[str, Parts]) -> None:
    """A tab that nobody looks at costs nothing: it is drawn when it is opened, and when a control of it changes."""
    import gradio as gr

    for name, parts in built.items():
        for drawing in parts.drawn:
            gr.on(
                [shown[name].select, *(control.change for control in drawing.controls)],
                drawing.make,
                inputs=[*drawing.state, *drawing.controls],
                outputs=list(drawing.outputs),
                trigger_mode="always_last",
                show_progress="minimal",
                api_visibility="private",
            )
