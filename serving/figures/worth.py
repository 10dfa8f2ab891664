"""Draws what the forecasts behind an account were worth: their IC through time, their tenths beside what came, and what
costs leave of the return."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ml_core.vocabulary import words
from serving.figures.chart_look import dress, hover
from serving.look.markup import number, percent, typeset
from serving.look.style import BLUE, GREEN, GREY, INK, MUTED, VERMILION

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT = 260
MARGIN = {"l": 16, "r": 56, "t": 34}


def draw_rolling_ic(ic: pl.DataFrame) -> Figure | None:
    """Above zero the forecasts of the last sessions went with what came."""
    from plotly.graph_objects import Figure

    rows = ic.drop_nulls("rolling")
    if rows.is_empty():
        return None
    figure = Figure()
    figure.add_scatter(
        x=rows["as_of"].to_list(),
        y=rows["rolling"].to_list(),
        mode="lines",
        line={"color": BLUE, "width": 1.8},
        showlegend=False,
        hovertemplate="%{x|%a %d %b %Y}: %{y:.3f}<extra></extra>",
    )
    dress(figure, height=HEIGHT, meta={"chart": "ic"}, margin=MARGIN)
    figure.add_hline(y=0, line={"color": INK, "width": 1})
    figure.update_xaxes(nticks=5, tickangle=0, tickformat="%d %b\n%Y")
    figure.update_yaxes(side="right", nticks=5)
    return figure


def draw_tenths(deciles: pl.DataFrame, *, priced: bool) -> Figure | None:
    """The mean forecast of each tenth as a line, the mean outcome as a dot with the range that holds it. `priced`: both
    are returns."""
    from plotly.graph_objects import Figure

    if deciles.is_empty():
        return None
    rows, write = deciles.sort("bin"), percent if priced else number
    figure = Figure()
    figure.add_scatter(
        x=rows["bin"].to_list(),
        y=rows["predicted"].to_list(),
        mode="lines",
        line={"color": GREY, "width": 1.6, "dash": "dash"},
        name="Forecast",
        **hover([f"tenth {row['bin']}: forecast {write(row['predicted'])}" for row in rows.to_dicts()]),
    )
    known = rows.drop_nulls(["low", "high"])
    figure.add_scatter(
        x=known["bin"].to_list(),
        y=known["realized"].to_list(),
        mode="markers",
        marker={"color": GREEN, "size": 8},
        error_y={
            "array": (known["high"] - known["realized"]).to_list(),
            "arrayminus": (known["realized"] - known["low"]).to_list(),
            "color": GREEN,
            "thickness": 1.2,
            "width": 3,
        },
        name="What came, and where its mean may lie",
        **hover([f"tenth {row['bin']}: what came {write(row['realized'])}" for row in known.to_dicts()]),
    )
    dress(figure, height=HEIGHT + 20, meta={"chart": "deciles"}, margin={**MARGIN, "t": 54})
    figure.add_hline(y=0, line={"color": INK, "width": 1})
    figure.update_xaxes(dtick=1, showgrid=False, title={"text": words.TENTHS})
    figure.update_yaxes(side="right", nticks=5, tickformat=".2%" if priced else None)
    return figure


def draw_cost_curve(sweep: pl.DataFrame, *, paid: float, even: float | None) -> Figure:
    """The annual return at each cost a side; where it is nothing, and what is paid."""
    from plotly.graph_objects import Figure

    rows, figure = sweep.sort("cost_bps"), Figure()
    figure.add_scatter(
        x=rows["cost_bps"].to_list(),
        y=rows["annual_return"].to_list(),
        mode="lines",
        line={"color": GREEN, "width": 2},
        showlegend=False,
        hovertemplate="%{x} bp a side: %{y:+.1%} a year<extra></extra>",
    )
    dress(figure, height=HEIGHT, meta={"chart": "costs"}, margin=MARGIN)
    figure.add_hline(y=0, line={"color": INK, "width": 1})
    most = float(rows["cost_bps"].to_numpy().max())
    marks = [(paid, f"{paid:g} bp are paid", MUTED)]
    if even is not None and even <= most:
        marks.append((even, typeset(f"nothing is left at {even:.1f} bp"), VERMILION))
    for place, text, colour in marks:
        if place <= most:
            figure.add_vline(x=place, line={"color": colour, "width": 1, "dash": "dot"})
            figure.add_annotation(
                x=place,
                y=1.0,
                yref="paper",
                yanchor="bottom",
                text=text,
                showarrow=False,
                font={"color": colour},
            )
    figure.update_xaxes(title={"text": words.COST}, rangemode="tozero")
    figure.update_yaxes(side="right", tickformat=".0%", nticks=5)
    return figure
