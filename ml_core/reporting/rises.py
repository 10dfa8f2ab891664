"""Draws by how much a loss rises without an input: a bar for each, with the interval that holds the true rise."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ml_core.reporting import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONGEST = 36  # signs of a line of a name


def draw_rises(rises: Sequence[tuple[str, float, float, float]], *, unit: str, proven: bool = True) -> Figure:
    """(name, rise, low, high), in the order in which they are given; grey where luck is enough to explain it, or where
    the claim is not proven."""
    figure = style.new_figure(0.9 + 0.36 * len(rises))
    axes = figure.subplots()
    for place, (_, rise, low, high) in enumerate(reversed(rises)):
        axes.barh(place, rise, height=0.6, color=style.BLUE if proven and low > 0 else style.GRID)
        axes.plot([low, high], [place, place], color=style.INK, linewidth=1.3, solid_capstyle="butt")
    names = [textwrap.fill(name, LONGEST) for name, *_ in reversed(rises)]
    axes.set_yticks(range(len(names)), names)
    axes.axvline(0.0, color=style.SOFT, linewidth=1.0)
    style.dress(axes, x=unit)
    axes.grid(visible=False, axis="y")
    return figure
