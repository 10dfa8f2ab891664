"""Fits how volatile the next sessions will be from what is known of the last ones: a scale in units of the known
volatility.

The logarithm of the scale is linear in the states, fitted by the likelihood of a Student-t: convex, so that the same
rows give the same slopes. Means are left out of it: they are small beside what a session moves.
"""

from __future__ import annotations

import numpy as np
import scipy  # its parts are loaded where they are first used
from threadpoolctl import threadpool_limits

DEGREES = 5.0
RIDGE = 1e-3  # on the slopes, as if a thousandth of the rows said that the unit is right
MOST_ROWS = 50_000
LIMIT = 3.0  # of a slope
FURTHEST = 2.0  # of a logarithm: a scale stays within a seventh and seven units


def fit_slopes(y_RH: np.ndarray, state_RK: np.ndarray) -> np.ndarray:
    """slope_HJ: a constant and one slope per state, for each horizon; rows without an outcome count for nothing."""
    x_RJ = np.column_stack([np.ones(len(y_RH)), state_RK]).astype(np.float64)
    with threadpool_limits(1):
        return np.array([_fit(y_R, x_RJ) for y_R in y_RH.T.astype(np.float64)])


def thin(rows_NT: np.ndarray) -> tuple[np.ndarray, ...]:
    """The places of every n-th of the rows, such that at most `MOST_ROWS` are left to fit on."""
    flat_R = np.flatnonzero(rows_NT)
    return np.unravel_index(flat_R[:: -(-len(flat_R) // MOST_ROWS) or 1], rows_NT.shape)


def scale_of(state_NTK: np.ndarray, slope_HJ: np.ndarray) -> np.ndarray:
    """scale_NTH; sums are taken state by state, because a matrix product of another shape rounds otherwise."""
    log_NTH = np.zeros((*state_NTK.shape[:2], len(slope_HJ))) + slope_HJ[:, 0]
    for place in range(state_NTK.shape[2]):
        log_NTH += state_NTK[:, :, place, None] * slope_HJ[:, place + 1]
    return np.exp(np.clip(log_NTH, -FURTHEST, FURTHEST, out=log_NTH), out=log_NTH)


def _fit(y_R: np.ndarray, x_RJ: np.ndarray) -> np.ndarray:
    known = np.isfinite(y_R)
    squared_R, x_RJ = y_R[known] ** 2, x_RJ[known]
    start_J = np.zeros(x_RJ.shape[1])
    if not known.any():
        return start_J

    def loss(slope_J: np.ndarray) -> tuple[float, np.ndarray]:
        log_R = x_RJ @ slope_J
        ratio_R = squared_R * np.exp(-2 * log_R)
        pull_R = 1 - (DEGREES + 1) * ratio_R / (DEGREES + ratio_R)
        value = np.mean(log_R + (DEGREES + 1) / 2 * np.log1p(ratio_R / DEGREES))
        ridge_J = RIDGE * np.array([0.0, *slope_J[1:]])
        return float(value + ridge_J @ slope_J), pull_R @ x_RJ / len(x_RJ) + 2 * ridge_J

    bounds = [(-LIMIT, LIMIT)] * len(start_J)
    return scipy.optimize.minimize(loss, start_J, jac=True, method="L-BFGS-B", bounds=bounds).x
