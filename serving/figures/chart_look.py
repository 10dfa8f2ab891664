"""The one look of all charts: fonts, colours, grid, legend. What a chart shows beside that, it says itself."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from ml_core.vocabulary import words
from serving.look.style import FONTS, INK, LINE, MUTED, SURFACE

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

AXIS = {"gridcolor": LINE, "zeroline": False, "fixedrange": True, "showline": False, "ticks": ""}
DIGITS = {"correlation": ".3f", "share": ".1%", "change": "+.1%", "ratio": ".2f"}
MARGIN = {"l": 12, "r": 56, "t": 46, "b": 44}


def dress(
    figure: Figure, *, height: int, meta: dict[str, Any], margin: dict[str, int] | None = None
) -> Figure:
    """`meta` names what is shown, for whoever reads the page by a program."""
    figure.update_layout(
        template="none",
        height=height,
        autosize=True,
        meta=meta,
        paper_bgcolor=SURFACE,
        plot_bgcolor=SURFACE,
        font={"family": ", ".join(FONTS), "size": 12, "color": INK},
        margin={**MARGIN, **(margin or {})},
        hoverlabel={"bgcolor": SURFACE, "bordercolor": LINE, "align": "left"},
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1.0,
            "yanchor": "bottom",
            "entrywidth": 0,
            "font": {"color": MUTED},
        },
    )
    figure.update_xaxes(**AXIS)
    figure.update_yaxes(**AXIS)
    return figure


def dress_lines(
    figure: Figure, labels: Sequence[str], *, meta: dict[str, Any], each: int = 24, top: int = 52
) -> Figure:
    """A line for each label, the first on top, `each` so many pixels high. `top`: the room for a legend."""
    widest = max(len(label) for label in labels)
    margin = {"l": min(180, 20 + 7 * widest), "r": 18, "t": top, "b": 34}
    dress(figure, height=48 + top + each * len(labels), meta=meta, margin=margin)
    places = {"tickvals": list(range(len(labels))), "ticktext": list(labels)}
    return figure.update_yaxes(**places, range=[len(labels) - 0.4, -0.6], showgrid=False)


def hover(texts: Sequence[str]) -> dict[str, Any]:
    """What a mark tells when it is pointed at."""
    return {"text": list(texts), "hovertemplate": "%{text}<extra></extra>"}


def digits(metric: str) -> str:
    """How the axis of a metric writes its numbers."""
    return DIGITS.get(words.metric(metric).form, ".4~g")


def plainly(text: str) -> str:
    """Plotly reads text as markup: what somebody else wrote is shown as written."""
    return escape(text)
