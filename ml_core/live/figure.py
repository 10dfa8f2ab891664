"""Draws what came of forecasts: for each watched line how its e-values went, and where the effect lay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ml_core.live.standing import LiveStanding
from ml_core.reporting import style
from ml_core.vocabulary import words

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FLOOR = 1e-2  # below it an e-value tells nothing more


def draw_live(standings: list[LiveStanding], scores: pl.DataFrame, *, title: str) -> Figure:
    """A row for each claim and horizon that was scored: evidence to the left, the effect to the right."""
    shown = [one for one in standings if one.sessions]
    figure = style.new_figure(2.6 * max(len(shown), 1))
    panels = figure.subplots(max(len(shown), 1), 2, squeeze=False)
    for row, one in enumerate(shown):
        terms = one.terms
        rows = scores.filter(
            (pl.col("line") == terms.line)
            & (pl.col("claim") == terms.claim)
            & (pl.col("horizon") == terms.horizon)
        )
        name = f"version {terms.line}: {terms.claim}, {terms.horizon} ahead"
        _evidence(panels[row, 0], rows, one, name)
        _effect(panels[row, 1], rows, one)
    style.head(figure, title, "an e-value past the line decides; without an advantage it hardly ever does")
    return figure


def write_live(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=style.DPI, bbox_inches="tight", pad_inches=0.15, metadata={"Software": None})


def _evidence(axes: Axes, rows: pl.DataFrame, one: LiveStanding, name: str) -> None:
    for side, colour, label in (
        ("better", style.BLUE, "for it"),
        ("refuted", style.ORANGE, "against it"),
    ):
        axes.plot(rows["known"], np.maximum(rows[side].to_numpy(), FLOOR), color=colour, label=label)
    axes.axhline(one.terms.needed, color=style.INK, linewidth=1.0, linestyle=(0, (2, 2)))
    axes.set_yscale("log")
    style.dress(axes, title=name, y="e-value")
    style.date_axis(axes)
    style.explain(axes, place="upper left")


def _effect(axes: Axes, rows: pl.DataFrame, one: LiveStanding) -> None:
    unit = one.terms.unit
    mean, low, high = (rows[side].to_numpy() / unit for side in ("mean", "low", "high"))
    axes.plot(rows["known"], mean, color=style.BLUE)
    axes.fill_between(rows["known"], low, high, color=style.BLUE, alpha=0.15, linewidth=0)
    axes.axhline(0.0, color=style.SOFT, linewidth=0.8)
    if np.isfinite(mean).all() and len(mean) > 1:
        reach = 3 * float(np.abs(mean[len(mean) // 4 :]).max()) or 1.0
        axes.set_ylim(-reach, reach)
    style.dress(axes, title="effect so far, with where it lies", y=words.RANK_IC if unit == 1.0 else "share")
    style.date_axis(axes)
