"""Draws whether forecasts mean what they say, and whether intervals hold what they promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ml_core.evaluation.metrics import LEVEL
from ml_core.evaluation.paths import PATH
from ml_core.reporting import style
from ml_core.vocabulary import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = "os^"
PAD = 34.0  # two lines of legend between title and axes


def draw_calibration(
    deciles: pl.DataFrame, coverage: pl.DataFrame, *, horizon: int, title: str, about: str = ""
) -> Figure:
    """To the left predicted against realised by tenths of the forecast at one horizon; to the right the share of
    outcomes inside the interval at each horizon. Of several paths the first stands for all."""
    figure = style.new_figure(4.6)
    left, right = figure.subplots(1, 2)
    _deciles(left, _shown(deciles).filter(horizon=horizon), horizon)
    _coverage(right, _shown(coverage).filter(by=pl.lit("all")))
    style.head(figure, title, about)
    return figure


def draw_deciles(deciles: pl.DataFrame, *, horizon: int) -> Figure:
    """Predicted against realised alone."""
    figure = style.new_figure(4.6)
    _deciles(figure.subplots(), _shown(deciles).filter(horizon=horizon), horizon)
    return figure


def draw_coverage(coverage: pl.DataFrame) -> Figure:
    """The share of outcomes inside the interval alone."""
    figure = style.new_figure(4.6)
    _coverage(figure.subplots(), _shown(coverage).filter(by=pl.lit("all")))
    return figure


def _shown(table: pl.DataFrame) -> pl.DataFrame:
    paths = sorted(split for split in set(table["split"]) if split.startswith(PATH))
    return table.filter(~pl.col("split").is_in(paths[1:]))


def _deciles(axes: Axes, table: pl.DataFrame, horizon: int) -> None:
    splits = style.in_order(table["split"].to_list())
    for place, split in enumerate(splits):
        part = table.filter(split=pl.lit(split)).sort("bin")
        at, colour = part["bin"].to_numpy() + _aside(place, len(splits)), style.COLOURS[place]
        axes.errorbar(
            at, part["realized"], yerr=_reach(part, "realized"), color=colour, linestyle="none",
            marker=MARKERS[place % 3], markersize=5, elinewidth=1.2, capsize=2, label=f"{split}: outcome",
        )  # fmt: skip
        axes.plot(
            part["bin"], part["predicted"], color=colour, linewidth=1.6, linestyle=style.DASHES[place],
            label=f"{split}: forecast", zorder=1,
        )  # fmt: skip
    axes.axhline(0.0, color=style.SOFT, linewidth=0.8, zorder=0)
    ahead = f"{horizon} session{'s' if horizon > 1 else ''} ahead"
    style.dress(
        axes, title=f"Predicted and realised return, {ahead}", x=words.TENTHS,
        y="mean log return", pad=PAD,
    )  # fmt: skip
    style.percent_axis(axes)
    axes.set_xticks(range(1, 11))
    style.explain(axes, columns=2, above=True)


def _coverage(axes: Axes, table: pl.DataFrame) -> None:
    horizons = table["horizon"].unique().sort().to_list()
    splits = style.in_order(table["split"].to_list())
    for place, split in enumerate(splits):
        part = table.filter(split=pl.lit(split)).sort("horizon")
        at = np.array([horizons.index(one) for one in part["horizon"]]) + _aside(place, len(splits))
        axes.errorbar(
            at, part["coverage"], yerr=_reach(part, "coverage"), color=style.COLOURS[place], linestyle="none",
            marker=MARKERS[place % 3], markersize=5, elinewidth=1.2, capsize=2, label=split,
        )  # fmt: skip
    axes.axhline(LEVEL, color=style.INK, linewidth=1.0, linestyle=":", label="as promised", zorder=1)
    style.dress(
        axes, title=f"{words.CHECKS['coverage'].capitalize()}: {words.INSIDE}", x="sessions ahead",
        y="share of outcomes", pad=PAD,
    )  # fmt: skip
    step = max(1, -(-len(horizons) // 10))
    axes.set_xticks(range(0, len(horizons), step), [str(one) for one in horizons[::step]])
    axes.set_xlim(-0.6, len(horizons) - 0.4)
    style.percent_axis(axes)
    style.explain(axes, columns=3, above=True)


def _reach(part: pl.DataFrame, column: str) -> np.ndarray:
    """From each value down to `low` and up to `high`."""
    ends = part.select("low", "high").to_numpy().T.astype(float)
    return np.abs(ends - part[column].to_numpy())


def _aside(place: int, count: int) -> float:
    """So that the bars of several splits stand beside each other."""
    return 0.16 * (place - (count - 1) / 2)
