"""Draws the newest forecasts: for each ticker its interval, and the mean in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ml_core.registry.seats import REFERENCE
from ml_core.reporting import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 40  # tickers; more are not told apart


def draw_forecasts(newest: pl.DataFrame, *, title: str) -> Figure:
    """Of the nearest horizon, the widest interval at the top; of many tickers those with the largest means."""
    horizon = newest["horizon"].min()
    rows = newest.filter(pl.col("horizon") == horizon, pl.col("mean").is_not_null())
    rows = rows.sort(pl.col("mean").abs(), descending=True).head(MOST)
    rows = rows.sort(pl.col("upper") - pl.col("lower"))
    figure = style.new_figure(1.2 + 0.24 * rows.height)
    axes = figure.subplots()
    mean, lower, upper = (rows[name].to_numpy() for name in ("mean", "lower", "upper"))
    axes.hlines(rows["ticker"].to_list(), lower, upper, color=style.SKY, linewidth=5, label="90 % interval")
    if rows["seat"][0] != REFERENCE:  # it says no direction
        axes.plot(mean, rows["ticker"].to_list(), "o", color=style.BLUE, markersize=4, label="mean")
    axes.axvline(0.0, color=style.SOFT, linewidth=0.8)
    style.dress(axes, title=f"log return, {horizon} ahead of {rows['as_of'][0]}", pad=16)
    style.explain(axes, place="lower left")
    style.head(figure, title)
    return figure
