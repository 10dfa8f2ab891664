"""Draws growth and drawdown of the strategy beside benchmarks on the same sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ml_core.evaluation.paths import PATH
from ml_core.reporting import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CURVES = {
    "split": pl.String, "name": pl.String, "date": pl.Date, "equity": pl.Float64, "drawdown": pl.Float64,
}  # fmt: skip


def build_curves(accounts: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """CURVES of the accounts, given as account: name. Every split begins at one, the close before its first
    session."""
    tables = [pl.DataFrame(schema=CURVES)]
    for split in style.in_order(accounts["split"].to_list()):
        for account, name in names.items():
            part = accounts.filter(split=pl.lit(split), account=pl.lit(account)).sort("date")
            equity = np.cumprod(1 + part["net"].to_numpy())
            peak = np.maximum.accumulate(np.maximum(equity, 1.0))
            table = pl.DataFrame({"date": part["date"], "equity": equity, "drawdown": equity / peak - 1})
            tables.append(table.select(pl.lit(split).alias("split"), pl.lit(name).alias("name"), pl.all()))
    return pl.concat(tables)


def draw_equity(curves: pl.DataFrame, *, title: str, about: str = "") -> Figure:
    """Growth of one above, how far below its peak each curve stands under it; the holdout starts again at one."""
    figure = style.new_figure(6.4)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(5, 2))
    names = list(dict.fromkeys(curves["name"]))
    first = min((split for split in curves["split"] if split.startswith(PATH)), default="")
    told = set()
    parts = curves.partition_by("split", "name", as_dict=True, maintain_order=True)
    for (split, name), part in parts.items():
        place, many = names.index(name), split.startswith(PATH)
        if place and many and split != first:
            continue  # what needs no forecast is the same on every path
        look = _look(place, many=many)
        above.plot(part["date"], part["equity"], label=None if name in told else name, **look)
        below.plot(part["date"], part["drawdown"], **look)
        if not place and not many:
            below.fill_between(part["date"], part["drawdown"], 0.0, color=style.BLUE, alpha=0.15, linewidth=0)
        told.add(name)
    _frame(above, below, curves)
    style.head(figure, title, about)
    return figure


def _look(place: int, *, many: bool) -> dict[str, Any]:
    """The strategy stands first, thick and in front; its paths, where there are many, thin."""
    kind = place % len(style.COLOURS)
    width = 1.4 if place else 0.8 if many else 2.0
    alpha = 0.6 if many and not place else 1.0
    return {
        "color": style.COLOURS[kind], "linestyle": style.DASHES[kind], "linewidth": width, "alpha": alpha,
        "zorder": 2 if place else 3,
    }  # fmt: skip


def _frame(above: Axes, below: Axes, curves: pl.DataFrame) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    style.dress(above, y="growth of 1")
    style.dress(below, y="drawdown")
    above.axhline(1.0, color=style.SOFT, linewidth=0.8, zorder=1)
    equity = curves["equity"].to_numpy()
    if equity.max() > 3 * max(equity.min(), 1e-9):
        above.set_yscale("log")
        above.yaxis.set_major_locator(LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0)))
        above.yaxis.set_minor_locator(NullLocator())
    above.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
    style.percent_axis(below)
    style.date_axis(below)
    begins = style.holdout_begins(curves, "date")
    if begins:
        style.mark_boundary(above, begins, "holdout")
        style.mark_boundary(below, begins, "")
    style.explain(above, place="upper left")
