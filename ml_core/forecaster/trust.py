"""Says how far a model's mean is trusted: as far as validation dates give evidence for it, and no further."""

import numpy as np

from ml_core.evaluation.significance import bandwidth, long_run_variance

LEAST_TRUST, MOST_TRUST = 0.05, 1.5
# How far from zero a slope is expected before any date is seen. To be trusted above 0.5, a slope must then lie at least
# 1 / 0.6 standard errors above zero, whatever these are: luck alone gets there in 4.8 % of cases at most.
PRIOR_SLOPE = 0.6


def fit_trust(
    mean_R: np.ndarray, y_R: np.ndarray, ticker_R: np.ndarray, session_R: np.ndarray, *, horizon: int
) -> float:
    """The slope of outcome on forecast through zero, drawn to zero by how uncertain it is.

    Rows tell their ticker and their session by place; NaN is an outcome that is not known yet. Of two variances the
    larger counts: the one seen, and the one that forecasts without skill would have.
    """
    known_R = np.isfinite(y_R)
    if not known_R.any():
        return LEAST_TRUST
    mean_R, y_R, ticker_R, session_R = (part[known_R] for part in (mean_R, y_R, ticker_R, session_R))
    mean_R, y_R, session_R = mean_R.astype(np.float64), y_R.astype(np.float64), session_R - session_R.min()
    power = max(float(mean_R @ mean_R), 1e-12)
    slope = float(mean_R @ y_R) / power
    if slope <= 0 or session_R.max() == 0:
        return LEAST_TRUST
    seen = _seen(mean_R * (y_R - slope * mean_R), session_R, horizon)
    variance = max(seen, _without_skill(mean_R, y_R, ticker_R, session_R, horizon)) / power**2
    return float(np.clip(slope / (1 + variance / PRIOR_SLOPE**2), LEAST_TRUST, MOST_TRUST))


def _seen(pull_R: np.ndarray, session_R: np.ndarray, horizon: int) -> float:
    """The variance of the sum of pulls. Those of a date move together, those of near dates overlap."""
    dates_T = np.bincount(session_R) > 0
    pull_T = np.bincount(session_R, pull_R)[dates_T].astype(np.float64)
    return len(pull_T) * long_run_variance(pull_T, lags=bandwidth(len(pull_T), horizon))


def _without_skill(
    mean_R: np.ndarray, y_R: np.ndarray, ticker_R: np.ndarray, session_R: np.ndarray, horizon: int
) -> float:
    """The variance of the sum of mean · outcome if forecasts knew nothing and returns had no memory (Hodrick 1992).

    The return of one session is part of `horizon` outcomes, so it meets the sum of their forecasts. Pulls that sum to
    zero do not see what all dates share; this does: on one span a forecast that stands still is never significant.
    """
    ticker_R = np.unique(ticker_R, return_inverse=True)[
        1
    ]  # a ticker without rows would change the order of sums
    y_NT = np.zeros((int(ticker_R.max()) + 1, int(session_R.max()) + 1 + horizon))
    met_NT = np.zeros_like(y_NT)
    y_NT[ticker_R, session_R] = y_R / np.sqrt(np.bincount(ticker_R))[ticker_R]
    met_NT[ticker_R, session_R] = mean_R
    met_NT = np.cumsum(met_NT, axis=1)
    met_NT[:, horizon:] -= met_NT[:, :-horizon].copy()
    few = 1 + 2 * horizon / (int(session_R.max()) + 1)  # so much wider is a t distribution of as many spans
    return few * float(np.sum((y_NT @ y_NT.T) * (met_NT @ met_NT.T))) / horizon
