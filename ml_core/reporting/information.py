"""Draws how the information coefficient ran through time, beside the zero line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ml_core.evaluation.paths import PATH
from ml_core.reporting import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 4


def draw_ic(through_time: pl.DataFrame, *, title: str, about: str = "") -> Figure:
    """One line per horizon (at most four, the nearest and the farthest among them); of several paths the first."""
    figure = style.new_figure(4.2)
    axes = figure.subplots()
    horizons = pick_horizons(through_time["horizon"].unique().sort().to_list())
    splits = through_time["split"].unique().to_list()
    further = sorted(split for split in splits if split.startswith(PATH))[1:]
    shown = through_time.filter(pl.col("horizon").is_in(horizons) & ~pl.col("split").is_in(further))
    for (horizon, _), part in shown.partition_by(
        "horizon", "split", as_dict=True, maintain_order=True
    ).items():
        place = horizons.index(horizon)
        first = part["split"][0] == style.in_order(shown["split"].to_list())[0]
        axes.plot(
            part["as_of"], part["rolling"], color=style.COLOURS[place], linestyle=style.DASHES[place],
            linewidth=1.8, label=f"{horizon} session{'s' if horizon > 1 else ''} ahead" if first else None,
        )  # fmt: skip
    over = "tickers of a date" if "tickers" in shown["over"].to_list() else "sessions of a ticker"
    style.dress(axes, y=f"correlation over the {over}")
    axes.axhline(0.0, color=style.INK, linewidth=1.0, zorder=1)
    style.date_axis(axes)
    begins = style.holdout_begins(shown, "as_of")
    if begins:
        style.mark_boundary(axes, begins, "holdout")
    style.explain(axes, columns=len(horizons), above=True)
    style.head(figure, title, about)
    return figure


def pick_horizons(horizons: list[int], most: int = MOST) -> list[int]:
    """The nearest and the farthest, and others spread between."""
    if len(horizons) <= most:
        return horizons
    return [horizons[round(place * (len(horizons) - 1) / (most - 1))] for place in range(most)]
