"""Fits how wide an interval must be to hold the promised share of outcomes, from errors on dates that the fit has
not seen, and lets the width follow outcomes as they arrive."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ml_core.errors import NotEnoughData
from ml_core.frames import Array

RATE = 0.01


def fit_intervals(
    residual: ArrayLike, scale: ArrayLike, *, level: float, horizons: Sequence[int] = (1,)
) -> Array:
    """The factor f per horizon (last axis) for which mean ± f·scale holds `level` of outcomes.

    Split conformal with the finite-sample correction, on rows that the fit has not seen; NaN: no outcome yet. Outcomes
    of h sessions overlap: n of them are corrected as 3 n / h are (measured), up to the widest error there is.
    """
    error, unit = np.broadcast_arrays(np.asarray(residual, float), np.asarray(scale, float))
    shape = error.shape[1:]
    scores = (np.abs(error) / unit).reshape(len(error), -1)
    pairs = zip(scores.T, np.resize(horizons, scores.shape[1]), strict=True)
    return np.array([_quantile(column, level, max(1.0, ahead / 3)) for column, ahead in pairs]).reshape(shape)


def _quantile(scores: Array, level: float, alike: float) -> float:
    known = np.sort(scores[np.isfinite(scores)])
    rank, least = (int(np.ceil((len(known) + more) * level - 1e-9)) for more in (alike, 1))
    if least > len(known) or not len(known):
        needed = int(np.ceil(level / (1 - level) - 1e-9))
        raise NotEnoughData(
            f"intervals at level {level}: {len(known)} forecasts with an outcome; expected at least {needed}"
        )
    return float(known[min(rank, len(known)) - 1])


def track_widths(
    score_NTH: Array,
    width_H: ArrayLike,
    *,
    level: float,
    horizons: Sequence[int],
    since: int = 0,
    rate: float = RATE,
) -> Array:
    """width_NTH in force at each session as outcomes arrive: wider after a miss, narrower after a hit, so that in
    the long run `level` of them are hits, whatever the world does (Gibbs and Candès 2021).

    Ticker by ticker. The forecast of h sessions made at session s is judged at s + h by the width it had, for s from
    `since` on; before its first judgement a ticker has the width it starts with. `score_NTH` is |error| / scale, NaN
    where it is not known. Outcomes of h sessions overlap, so each moves the width by 1/√h as much.
    """
    ahead_H, every_H = np.asarray(horizons), np.arange(len(horizons))
    rate_H = rate / np.sqrt(ahead_H)
    wider_H, narrower_H = np.exp(rate_H * level), np.exp(-rate_H * (1 - level))
    width_NTH = np.empty(score_NTH.shape)
    width_NTH[:] = width_H
    current_NH = width_NTH[:, 0]
    for session in range(since, score_NTH.shape[1]):
        made_H = np.maximum(session - ahead_H, 0)
        score_NH = np.where(session - ahead_H >= since, score_NTH[:, made_H, every_H], np.nan)
        missed_NH = score_NH > width_NTH[:, made_H, every_H]
        moved_NH = current_NH * np.where(missed_NH, wider_H, narrower_H)
        current_NH = np.where(np.isfinite(score_NH), moved_NH, current_NH)
        width_NTH[:, session] = current_NH
    return width_NTH
