"""Gives all figures one look: a canvas without global state, colours that colour-blind readers tell apart, plain
axes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import polars as pl

from ml_core.evaluation.paths import PATH
from ml_core.vocabulary.words import short_percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LegendPlace: TypeAlias = Literal["best", "upper left", "upper right", "lower left"]

# Okabe and Ito (2008), without the yellow that no one sees on white.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY)
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))
INK, SOFT, GRID = "#222222", "#666666", "#E4E4E0"
WIDTH, DPI = 10.0, 150


def new_figure(height: float) -> Figure:
    """An empty figure on the Agg canvas: nothing of pyplot, so that servers and threads may draw."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def dress(axes: Axes, *, title: str = "", x: str = "", y: str = "", pad: float = 8.0) -> None:
    """Titles to the left, a light grid behind, no box; `pad` leaves room for a legend under the title."""
    axes.set_title(title, loc="left", fontsize=11, color=INK, pad=pad)
    axes.set_xlabel(x, fontsize=9, color=SOFT)
    axes.set_ylabel(y, fontsize=9, color=SOFT)
    axes.grid(visible=True, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=9, colors=SOFT, length=0)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)


def explain(axes: Axes, *, columns: int = 1, place: LegendPlace = "best", above: bool = False) -> None:
    """The legend, if there is something to tell apart; `above` the axes where lines leave it no room."""
    handles, labels = axes.get_legend_handles_labels()
    if not handles:
        return
    legend = axes.legend(
        handles, labels, loc="lower left" if above else place, ncols=columns, fontsize=8.5, frameon=True,
        framealpha=0.85, edgecolor="none", labelcolor=INK,
    )  # fmt: skip
    if above:
        legend.set_bbox_to_anchor((0.0, 1.0))


def head(figure: Figure, title: str, about: str = "") -> None:
    """What the figure shows, and under it how it was measured."""
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold", color=INK)
    if about:
        figure.text(0.01, -0.005, about, ha="left", va="top", fontsize=8.5, color=SOFT)


def date_axis(axes: Axes) -> None:
    """As few dates as say where one is."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def percent_axis(axes: Axes) -> None:
    """Shares as percent, with as many digits as they need."""
    from matplotlib.ticker import FuncFormatter

    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: short_percent(value).replace("-", "\u2212"))
    )


def mark_boundary(axes: Axes, date: dt.date, label: str) -> None:
    """A line where the holdout begins, named at its top."""
    from matplotlib.dates import date2num

    at = float(date2num(date))
    axes.axvline(at, color=INK, linewidth=1.0, linestyle=(0, (2, 2)), zorder=1)
    if label:
        axes.annotate(
            label, xy=(at, 1.0), xycoords=("data", "axes fraction"), xytext=(4, -4), textcoords="offset points",
            ha="left", va="top", fontsize=8.5, color=INK,
        )  # fmt: skip


def holdout_begins(table: pl.DataFrame, date: str) -> dt.date | None:
    """The holdout's first date, where the table has other splits too."""
    if table["split"].n_unique() < 2:
        return None
    return table.filter(split=pl.lit("holdout")).select(pl.col(date).min()).item()


def write_figures(folder: Path, figures: dict[str, Figure]) -> list[str]:
    """One PNG each; the names of the files."""
    for name, figure in figures.items():
        figure.savefig(
            folder / f"{name}.png", dpi=DPI, bbox_inches="tight", pad_inches=0.15, metadata={"Software": None}
        )
    return [f"{name}.png" for name in figures]


def write_tables(folder: Path, tables: Mapping[str, pl.DataFrame]) -> list[str]:
    """One CSV each; the names of the files."""
    for name, table in tables.items():
        table.write_csv(folder / f"{name}.csv")
    return [f"{name}.csv" for name in tables]


def count_sessions(table: pl.DataFrame, *, date: str, done: str) -> str:
    """How many sessions of each split were scored or traded, in words."""
    counts = dict(table.group_by("split").agg(pl.col(date).n_unique()).iter_rows())
    paths = [count for split, count in counts.items() if split.startswith(PATH)]
    told = [f"{len(paths)} paths of {max(paths)} {done} sessions"] if paths else []
    others = [split for split in in_order(list(counts)) if not split.startswith(PATH)]
    return ", ".join([*told, *(f"{counts[split]} {done} sessions of the {split}" for split in others)])


def in_order(splits: Sequence[str]) -> list[str]:
    """The holdout after all else."""
    return sorted(set(splits), key=lambda name: (name == "holdout", name))
