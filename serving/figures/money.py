"""Draws what trading came to: the account beside others that need no forecast and beside luck, its falls, how much it
held, and its months."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ml_core.portfolio.comparison import EQUAL, HELD, STRATEGY, ZERO, Comparison
from ml_core.vocabulary import words
from serving.figures.chart_look import dress
from serving.look.markup import begin, typeset
from serving.look.style import BLUE, DIVERGING, GREEN, GREY, INK, MUTED, ORANGE, VERMILION

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

LOOKS = {
    STRATEGY: (GREEN, "solid", 2.4),
    HELD: (GREY, "solid", 1.4),
    EQUAL: (BLUE, "dash", 1.4),
    ZERO: (ORANGE, "dot", 1.4),
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def draw_equity(comparison: Comparison, luck: pl.DataFrame) -> Figure:
    """One unit in each account, after costs, before the band that luck alone would fill (LUCK_BAND); below, how far the
    strategy's lies under its last peak, and how much of the equity is in positions."""
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, row_heights=[0.62, 0.23, 0.15], vertical_spacing=0.04
    )
    _band(figure, luck)
    for name, (colour, dash, width) in LOOKS.items():
        rows = comparison.accounts.filter(account=name).sort("date")
        figure.add_scatter(
            x=rows["date"].to_list(),
            y=np.cumprod(1 + rows["net"].to_numpy()).tolist(),
            mode="lines",
            line={"color": colour, "dash": dash, "width": width},
            name=begin(words.ACCOUNTS[name]),
            hovertemplate="%{y:.3f}",
            row=1,
            col=1,
        )
    _below(figure, comparison.accounts.filter(account=STRATEGY).sort("date"))
    dress(figure, height=520, meta={"chart": "equity"}, margin={"l": 12, "t": 74})
    figure.update_layout(hovermode="x unified", legend={"traceorder": "normal"})  # a band would turn it round
    figure.update_xaxes(nticks=5, tickangle=0, hoverformat="%a %d %b %Y", tickformat="%d %b\n%Y")
    figure.update_yaxes(side="right", tickformat=".2f", row=1, col=1)
    figure.update_yaxes(side="right", tickformat=".0%", nticks=4, row=2, col=1)
    figure.update_yaxes(side="right", tickformat=".0%", nticks=3, rangemode="tozero", row=3, col=1)
    return figure


def _below(figure: Figure, own: pl.DataFrame) -> None:
    """Of the strategy's account: its falls, and how much of it is in positions."""
    figure.add_scatter(
        x=own["date"].to_list(),
        y=_drawdown(own["net"]),
        mode="lines",
        fill="tozeroy",
        fillcolor="rgba(213, 94, 0, 0.14)",
        line={"color": VERMILION, "width": 1.2},
        name="Drawdown",
        showlegend=False,
        hovertemplate="%{y:.1%}",
        row=2,
        col=1,
    )
    figure.add_scatter(
        x=own["date"].to_list(),
        y=own["exposure"].to_list(),
        mode="lines",
        line={"color": MUTED, "width": 1.2},
        name="In positions",
        showlegend=False,
        hovertemplate="%{y:.0%} of the equity",
        row=3,
        col=1,
    )


def _band(figure: Figure, luck: pl.DataFrame) -> None:
    dates = luck["date"].to_list()
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "row": 1, "col": 1}
    figure.add_scatter(x=dates, y=luck["high"].to_list(), showlegend=False, **edge)
    figure.add_scatter(
        x=dates,
        y=luck["low"].to_list(),
        fill="tonexty",
        fillcolor="rgba(123, 135, 148, 0.18)",
        name="Luck alone",
        **edge,
    )


def draw_months(comparison: Comparison) -> Figure:
    """What each month came to, written in its field; blue gained, orange lost."""
    from plotly.graph_objects import Figure

    told = months_of(comparison)
    years = sorted({year for year, _ in told})
    value = [[told.get((year, month)) for month in range(1, 13)] for year in years]
    most = max((abs(one) for one in told.values()), default=0.01) or 0.01
    figure = Figure()
    figure.add_heatmap(
        x=list(MONTHS),
        y=[str(year) for year in years],
        z=value,
        zmin=-most,
        zmax=most,
        colorscale=DIVERGING,
        text=[["" if one is None else typeset(f"{100 * one:.1f}") for one in row] for row in value],
        texttemplate="%{text}",
        textfont={"size": 10, "color": INK},
        showscale=False,
        xgap=2,
        ygap=2,
        hovertemplate="%{x} %{y}: %{z:+.2%}<extra></extra>",
    )
    dress(figure, height=90 + 34 * len(years), meta={"chart": "months"}, margin={"l": 46, "r": 16, "t": 16})
    figure.update_xaxes(showgrid=False, tickangle=0, tickfont={"color": MUTED, "size": 10})
    figure.update_yaxes(showgrid=False, type="category", autorange="reversed")
    return figure


def months_of(comparison: Comparison) -> dict[tuple[int, int], float]:
    """By year and month, what the strategy's account came to."""
    rows = comparison.accounts.filter(account=STRATEGY).sort("date")
    months = rows.group_by(year=pl.col("date").dt.year(), month=pl.col("date").dt.month()).agg(
        total=(1 + pl.col("net")).product() - 1
    )
    return {(year, month): total for year, month, total in months.iter_rows()}


def _drawdown(net: pl.Series) -> list[float]:
    """Below the last peak, which is at least the unit that it began with."""
    equity = np.cumprod(1 + net.to_numpy())
    return (equity / np.maximum(np.maximum.accumulate(equity), 1.0) - 1).tolist()
