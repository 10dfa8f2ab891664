"""Adds up forecasts made session by session to whole horizons, in units of volatility, for baselines that think
in sessions."""

import numpy as np

from ml_core.baselines import Lesson, PanelRows


def add_means(path_RK: np.ndarray, asked: PanelRows) -> np.ndarray:
    """mean_RH: the sum over a horizon's sessions, or their average where the target is a rank."""
    return _over_horizons(path_RK, asked) / asked.unit_RH


def add_variances(path_RK: np.ndarray, asked: PanelRows) -> np.ndarray:
    """scale_RH: the deviation over a horizon of sessions that are independent given these variances."""
    return np.sqrt(_over_horizons(path_RK, asked)) / asked.unit_RH


def _over_horizons(path_RK: np.ndarray, asked: PanelRows) -> np.ndarray:
    horizons_H = np.asarray(asked.windows.horizons)
    total_RH = np.cumsum(path_RK, axis=1)[:, horizons_H - 1]
    return total_RH / horizons_H if asked.windows.target == "rank" else total_RH


def known_steps(lesson: Lesson) -> list[np.ndarray]:
    """Each ticker's one-session outcomes that may be learned from, each known at the close of its session."""
    return [step_T[lesson.inside_T & np.isfinite(step_T)] for step_T in lesson.windows.step_NT]


def tell_pooled(tickers: list[str]) -> tuple[str, ...]:
    """The note about tickers that took parameters that are not their own."""
    if not tickers:
        return ()
    named = ", ".join(tickers[:5]) + (f" and {len(tickers) - 5} more" if len(tickers) > 5 else "")
    return (f"{len(tickers)} took the pooled parameters, for want of training dates or a fit: {named}",)
