"""Draws what pushes a number up and down as bars, the largest on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ml_core.reporting import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_pushes(pushes: Sequence[tuple[str, float]], *, unit: str, proven: bool = True) -> Figure:
    """A bar for each of them from a line at zero, in the order in which they are given; grey, where what they push is
    not proven."""
    figure = style.new_figure(0.9 + 0.34 * len(pushes))
    axes = figure.subplots()
    names, sizes = [name for name, _ in pushes][::-1], [size for _, size in pushes][::-1]
    up, down = (style.BLUE, style.RED) if proven else (style.SOFT, style.SOFT)
    axes.barh(names, sizes, height=0.62, color=[up if size >= 0 else down for size in sizes])
    axes.axvline(0.0, color=style.SOFT, linewidth=1.0)
    style.dress(axes, x=unit)
    axes.grid(visible=False, axis="y")
    return figure
