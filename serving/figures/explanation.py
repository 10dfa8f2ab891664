"""Draws what moved a forecast: a bar for each input to the side to which it pushes, and when each did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ml_core.explain.amounts import select, tell_amount
from ml_core.explain.methods.attention import Attention
from ml_core.explain.methods.moved import Moved, Piece
from ml_core.explain.risen import tell_ends, tell_rise
from ml_core.explain.surveys.importance import OfClaim, Rise
from serving.figures.chart_look import dress, plainly
from serving.look.markup import begin, typeset
from serving.look.style import BLUE, DIVERGING, GREY, GREYS, INK, SURFACE, VERMILION

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

LONGEST = 46  # characters of a label, for a phone


def draw_moved(moved: Moved, *, priced: bool, proven: bool) -> Figure | None:
    """What pushes it up to the right in blue, what pushes it down to the left in orange, all others together in grey;
    all grey where the number is not proven."""
    from plotly.graph_objects import Figure

    told = select(moved)
    if not told.shown:
        return None
    figure = Figure()
    bars = [(one.words, one.share, _agreed(one, moved)) for one in told.shown]
    colours = [(BLUE if one.share > 0 else VERMILION) if proven else GREY for one in told.shown]
    if told.others:
        bars.append((begin(told.words), told.rest, "up" if told.rest > 0 else "down"))
        colours.append(GREY)
    figure.add_bar(
        x=[share for _, share, _ in bars],
        y=list(range(len(bars))),
        width=0.4,
        orientation="h",
        marker={"color": colours, "line": {"width": 0}},
        showlegend=False,
        customdata=[plainly(f"{name}: {side}") for name, _, side in bars],
        hovertemplate="%{customdata}<extra></extra>",
    )
    labels = [(name, typeset(tell_amount(share, moved.of, priced=priced))) for name, share, _ in bars]
    _dress(figure, labels, chart="moved", each=44)
    figure.update_xaxes(showticklabels=False, nticks=5)
    figure.add_vline(x=0, line={"color": INK, "width": 1})
    return figure


def _agreed(piece: Piece, moved: Moved) -> str:
    """How many of the members push the same way."""
    side = "up" if piece.share > 0 else "down"
    if piece.agreeing is None or moved.members < 2:
        return side
    return f"{side}, as {piece.agreeing} of {moved.members} members say"


def draw_heat(moved: Moved, *, priced: bool, proven: bool) -> Figure | None:
    """When each of the first inputs moved it: the last session stands on the right. Where the number is not proven the
    map is grey: darker where it moved more, to whichever side."""
    from plotly.graph_objects import Figure

    rows = dict(zip(moved.features, moved.heat, strict=True))
    shown = [one for one in select(moved).shown if one.name in rows]
    if len(moved.by_lag) < 2 or not shown:
        return None
    figure = Figure()
    values = [list(reversed(rows[one.name])) for one in shown]
    largest = max(abs(value) for row in values for value in row) or 1.0
    lags = [-lag for lag in range(len(moved.by_lag))][::-1]
    figure.add_heatmap(
        z=values if proven else [list(map(abs, row)) for row in values],
        x=lags,
        y=list(range(len(shown))),
        zmin=-largest if proven else 0.0,
        zmax=largest,
        colorscale=DIVERGING if proven else GREYS,
        showscale=False,
        xgap=1,
        ygap=24,
        customdata=[
            [plainly(f"{one.words}: {tell_amount(value, moved.of, priced=priced)}") for value in row]
            for one, row in zip(shown, values, strict=True)
        ],
        hovertemplate="%{customdata}, %{x} sessions<extra></extra>",
    )
    _dress(figure, [(one.words, "") for one in shown], chart="heat", each=42)
    figure.update_xaxes(title={"text": "sessions before the last"}, nticks=6, showgrid=False)
    return figure


def draw_rises(shown: Sequence[tuple[str, Rise]], told: OfClaim, *, proven: bool) -> Figure:
    """A bar for each input, and the interval that holds the true rise; grey where luck is enough to explain it, or
    where the claim is not proven."""
    from plotly.graph_objects import Figure

    figure = Figure()
    figure.add_bar(
        x=[one.rise for _, one in shown],
        y=list(range(len(shown))),
        width=0.4,
        orientation="h",
        marker={
            "color": [BLUE if proven and one.surely else GREY for _, one in shown],
            "line": {"width": 0},
        },
        error_x={
            "array": [one.high - one.rise for _, one in shown],
            "arrayminus": [one.rise - one.low for _, one in shown],
            "color": INK,
            "thickness": 1,
            "width": 3,
        },
        showlegend=False,
        customdata=[plainly(f"{name}: {' to '.join(tell_ends(one, told))}") for name, one in shown],
        hovertemplate="%{customdata}<extra></extra>",
    )
    labels = [(name, typeset(tell_rise(one.rise, told))) for name, one in shown]
    _dress(figure, labels, chart="importance", each=44)
    figure.update_xaxes(showticklabels=False, nticks=5)
    figure.add_vline(x=0, line={"color": INK, "width": 1})
    return figure


def draw_attention(told: Attention, *, proven: bool) -> Figure:
    """A column for each session, the last on the right, and how far the members lie apart."""
    from plotly.graph_objects import Figure

    figure = Figure()
    lags = [-lag for lag in range(len(told.by_lag))]
    figure.add_bar(
        x=lags,
        y=told.by_lag,
        marker={"color": BLUE if proven else GREY, "line": {"width": 0}},
        error_y={
            "array": [most - here for most, here in zip(told.most, told.by_lag, strict=True)],
            "arrayminus": [here - least for least, here in zip(told.least, told.by_lag, strict=True)],
            "visible": told.members > 1,
            "color": GREY if proven else INK,
            "thickness": 1,
            "width": 2,
        },
        showlegend=False,
        hovertemplate="%{y:.1%}, %{x} sessions<extra></extra>",
    )
    margin = {"l": 48, "r": 14, "t": 14, "b": 40}
    dress(figure, height=220, meta={"chart": "attention"}, margin=margin)
    figure.update_layout(bargap=0.2)
    figure.update_xaxes(title={"text": "sessions before the last"}, nticks=6)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero", nticks=4)
    return figure


def _dress(figure: Figure, labels: Sequence[tuple[str, str]], *, chart: str, each: int) -> None:
    """What each line is stands above it, so that a phone has room for both."""
    margin = {"l": 14, "r": 14, "t": 14, "b": 40}
    dress(figure, height=60 + each * len(labels), meta={"chart": chart}, margin=margin)
    figure.update_yaxes(
        showticklabels=False, showgrid=False, range=[len(labels) - 0.6, -0.75], fixedrange=True
    )
    for place, (label, amount) in enumerate(labels):
        cut = label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"
        figure.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=place - 0.42,
            text=f"{plainly(cut)} <b>{amount}</b>" if amount else plainly(cut),
            showarrow=False,
            bgcolor=SURFACE,
        )
