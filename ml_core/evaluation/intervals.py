"""How wide an honest interval is. In: past errors and their forecast scale. Out: a factor per horizon."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ml_core.errors import NotEnoughData

Array = NDArray[np.float64]


def fit_intervals(residual: ArrayLike, scale: ArrayLike, *, level: float) -> Array:
    """The factor f per horizon (last axis) for which mean ± f·scale holds `level` of outcomes.

    Split conformal with the finite-sample correction, on rows that the fit has not seen; NaN: no outcome yet.
    """
    error, unit = np.broadcast_arrays(np.asarray(residual, float), np.asarray(scale, float))
    shape = error.shape[1:]
    scores = (np.abs(error) / unit).reshape(len(error), -1)
    return np.array([_quantile(column, level) for column in scores.T]).reshape(shape)


def _quantile(scores: Array, level: float) -> float:
    known = np.sort(scores[np.isfinite(scores)])
    rank = int(np.ceil((len(known) + 1) * level - 1e-9))
    if rank > len(known) or not len(known):
        needed = int(np.ceil(level / (1 - level) - 1e-9))
        raise NotEnoughData(
            f"intervals at level {level}: {len(known)} errors with a scale; expected at least {needed}"
        )
    return float(known[rank - 1])


def adapt_factor(
    score: ArrayLike, *, factor: float, level: float, rate: float = 0.02, delay: int = 1
) -> Array:
    """The factor in force at each date as outcomes arrive `delay` sessions later (quantile tracking).

    It widens after a miss and narrows after a hit. `score` is |error| / scale, NaN where it is not known.
    """
    scores = np.asarray(score, dtype=float)
    factors = np.empty(len(scores))
    current = factor
    for date in range(len(scores)):
        arrived = scores[date - delay] if date >= delay else np.nan
        if np.isfinite(arrived):
            missed = float(arrived > factors[date - delay])
            current = max(current + rate * factor * (missed - (1 - level)), 0.0)
        factors[date] = current
    return factors
