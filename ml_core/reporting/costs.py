"""Draws what trading costs leave of the return, level by level, with the cost at which nothing is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from ml_core.evaluation.paths import PATH
from ml_core.reporting import style
from ml_core.vocabulary import words

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_costs(
    sweep: pl.DataFrame, break_even: Mapping[str, float], *, asked: float, title: str, about: str = ""
) -> Figure:
    """Annual return by the cost per side, split by split: where a line crosses zero is its break-even, marked; the
    experiment's own cost stands as a vertical line."""
    figure = style.new_figure(4.2)
    axes = figure.subplots()
    splits = style.in_order(sweep["split"].to_list())
    most = float(sweep["cost_bps"].to_numpy().max())
    kinds = list(dict.fromkeys("path" if split.startswith(PATH) else split for split in splits))
    for split in splits:
        part, many = sweep.filter(split=pl.lit(split)).sort("cost_bps"), split.startswith(PATH)
        place = kinds.index("path" if many else split)
        colour = style.COLOURS[place]
        axes.plot(
            part["cost_bps"], part["annual_return"], color=colour, linewidth=1.0 if many else 2.0,
            linestyle=style.DASHES[place], alpha=0.7 if many else 1.0,
            label=("each path" if split == splits[0] else None) if many else split,
        )  # fmt: skip
        even = break_even.get(split)
        if even and even <= most and not many:
            axes.plot([even], [0.0], marker="o", color=colour, markersize=7, zorder=4)
            axes.annotate(
                f"{even:.1f} bp", xy=(even, 0.0), xytext=(5, 7), textcoords="offset points", fontsize=9,
                color=colour,
            )  # fmt: skip
    axes.axhline(0.0, color=style.INK, linewidth=1.0, zorder=1)
    axes.axvline(asked, color=style.SOFT, linewidth=1.0, linestyle=":", label=f"as asked: {asked:g} bp")
    style.dress(
        axes,
        x=f"{words.COST} (basis points of the value traded)",
        y=f"{words.MONEY['annual_return'].label} after costs",
    )
    style.percent_axis(axes)
    axes.set_xlim(0.0, most)
    style.explain(axes, columns=4, above=True)
    style.head(figure, title, about)
    return figure
