"""Forecasts session by session in, forecasts of whole horizons in units of volatility out."""

import numpy as np

from ml_core.baselines import Asked


def add_means(path_RK: np.ndarray, asked: Asked) -> np.ndarray:
    """mean_RH: the sum over a horizon's sessions, or their average where the target is a rank."""
    return _over_horizons(path_RK, asked) / asked.unit_RH


def add_variances(path_RK: np.ndarray, asked: Asked) -> np.ndarray:
    """scale_RH: the deviation over a horizon of sessions that are independent given these variances."""
    return np.sqrt(_over_horizons(path_RK, asked)) / asked.unit_RH


def _over_horizons(path_RK: np.ndarray, asked: Asked) -> np.ndarray:
    horizons_H = np.asarray(asked.windows.horizons)
    total_RH = np.cumsum(path_RK, axis=1)[:, horizons_H - 1]
    return total_RH / horizons_H if asked.windows.target == "rank" else total_RH
