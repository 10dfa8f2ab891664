"""Means forecast on validation dates in, what a search goes by out: the objective as a score, and the skill."""

import math

import numpy as np

from ml_core.evaluation.declaration import Metric
from ml_core.windows import Windows

WORST = -1e6  # the score of an error that is not known


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
