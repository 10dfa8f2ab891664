"""Scores forecasts on the validation dates: the objective that searches and early stopping go by, and the skill
beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ml_core.evaluation.declaration import Metric
from ml_core.panel.layout import Layout
from ml_core.panel.splits import Span
from ml_core.panel.tiles import tiles
from ml_core.panel.windows import Windows

WORST = -1e6  # the score of an error that is not known


@dataclass(frozen=True)
class ValidationView:
    """The validation dates, as views: `windows` and `rows_NT` are of their sessions, which begin at `first` of the
    panel; `places` are the windows of the panel whose last `width` steps cover them."""

    windows: Windows
    rows_NT: np.ndarray
    places: np.ndarray
    width: int
    first: int

    @classmethod
    def over(
        cls, windows: Windows, layout: Layout, span: Span, *, lookback: int, width: int
    ) -> ValidationView:
        inside_T = windows.rows(span)
        first, last = np.flatnonzero(inside_T)[[0, -1]]
        return cls(
            windows=windows.cut(first, last),
            rows_NT=windows.usable(lookback)[:, first : last + 1],
            places=tiles(layout.usable_ST & inside_T, layout.usable_ST, width, 0),
            width=width,
            first=int(first),
        )


def score_of(windows: Windows, rows_NT: np.ndarray, mean_NTH: np.ndarray, metric: Metric) -> float:
    """The metric, with its sign such that higher is better."""
    unit_NTH = windows.unit_NTH
    value = metric(windows.to_table(rows_NT, mean=mean_NTH * unit_NTH, realized=windows.y_NTH * unit_NTH))
    higher = metric.better == "higher"
    if not math.isfinite(value):
        return 0.0 if higher else WORST
    return value if higher else -value


def skill_of(windows: Windows, rows_NT: np.ndarray, mean_NTH: np.ndarray) -> float:
    """1 - squared error / squared error of zero, in units of volatility."""
    y, mean = windows.y_NTH[rows_NT], mean_NTH[rows_NT].astype(np.float64)
    return float(1 - np.nansum((y - mean) ** 2) / max(np.nansum(y**2), 1e-12))
