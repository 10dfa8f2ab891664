"""Says what scores that were measured with luck will be when they are measured again: each is pulled towards the mean
of its kind, and kinds towards that of all, by as much as its own error says (empirical Bayes; Efron and Morris 1975).

The highest of many scores was the luckiest too. What was measured on common dates is compared on them, so that luck
which all shared counts for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded where they are first used
from numpy.typing import NDArray

from ml_core.errors import NotEnoughData
from ml_core.evaluation.paired import dates_needed, weigh_mean, weigh_means
from ml_core.frames import Array

AT_ONCE = 2000  # candidates
SPREADS = np.linspace(0.0, 4.0, 41)  # how far true scores may lie apart, in units of what they look apart


@dataclass(frozen=True)
class Spread:
    """How far true scores lie from their mean: possible values, and how likely each is. With few candidates that is
    not known well, and one number for it would be too sure of the best of them."""

    true_K: Array
    weight_K: Array

    def kept(self, error2: Array | float, *, share: Array | float = 1.0) -> Array:
        """The share of a measured distance that is expected to be there again, last axis by possible value."""
        true2 = np.asarray(share)[..., None] * self.true_K**2
        whole = true2 + np.asarray(error2)[..., None]
        return np.divide(true2, whole, out=np.zeros(whole.shape), where=whole > 0)


@dataclass(frozen=True)
class Shrunk:
    """Of each candidate the score as measured, its error against the mean of all, and what it will do again;
    `spread`: how far true scores of one kind lie from their mean, `kinds`: and kinds from theirs."""

    raw_M: Array
    error_M: Array
    again_M: Array
    spread: Spread
    kinds: Spread


def shrink(score_TM: Array, kinds: Sequence[str], *, horizon: int) -> Shrunk:
    """Of candidates of these kinds, from their scores by date (higher is better), outcomes overlapping by `horizon`."""
    if len(score_TM) < (needed := dates_needed(horizon)):
        raise NotEnoughData(f"{len(score_TM)} dates at horizon {horizon}; expected at least {needed}")
    known = sorted(set(kinds))
    kind_M = np.array([known.index(kind) for kind in kinds])
    mean_TF = np.column_stack([score_TM[:, kind_M == kind].mean(axis=1) for kind in range(len(known))])
    mean_T1 = mean_TF.mean(axis=1, keepdims=True)
    own_M, spread = _pull(score_TM, mean_TF, kind_M, horizon)
    kind_F, kinds_spread = _pull(mean_TF, mean_T1, np.zeros(len(known), int), horizon)
    _, error_M = _away(score_TM, mean_T1, np.zeros(len(kind_M), int), horizon)
    return Shrunk(
        score_TM.mean(axis=0), error_M, mean_TF.mean() + kind_F[kind_M] + own_M, spread, kinds_spread
    )


def chance_better(
    a_T: Array, b_T: Array, spread: Spread, *, horizon: int, kinds: Spread | None = None
) -> float:
    """How sure it is that the true score of a is above that of b, on dates that both have. They are of the same kind,
    unless it is said how far `kinds` lie apart."""
    difference = weigh_mean(a_T - b_T, horizon=horizon)
    if not difference.error:
        return 0.5
    apart = spread if kinds is None else _together(spread, kinds)
    kept_K = apart.kept(difference.error**2, share=2.0)
    distance_K = np.sqrt(kept_K) * difference.value / difference.error
    return float(scipy.special.stdtr(difference.freedom, distance_K) @ apart.weight_K)


def _together(spread: Spread, kinds: Spread) -> Spread:
    """How far true scores lie from the mean of all kinds."""
    true_KJ = np.hypot(spread.true_K[:, None], kinds.true_K)
    return Spread(true_KJ.ravel(), np.outer(spread.weight_K, kinds.weight_K).ravel())


def _pull(score_TM: Array, mean_TF: Array, kind_M: NDArray[np.int_], horizon: int) -> tuple[Array, Spread]:
    """Each candidate's distance from its kind's mean, as far as it is not luck; and how far true ones lie from it."""
    away_M, error_M = _away(score_TM, mean_TF, kind_M, horizon)
    share_M = 1 - 1 / np.bincount(kind_M)[kind_M]  # of a distance, the part that is not in the mean itself
    spread = _spread(away_M[share_M > 0], error_M[share_M > 0], share_M[share_M > 0])
    return spread.kept(error_M**2, share=share_M) @ spread.weight_K * away_M, spread


def _away(score_TM: Array, mean_TF: Array, kind_M: NDArray[np.int_], horizon: int) -> tuple[Array, Array]:
    """Each candidate's mean distance from these means, and its error: some at a time, for they may be 20,000."""
    weighed = []
    for start in range(0, len(kind_M), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        weighed.append(weigh_means((score_TM[:, some] - mean_TF[:, kind_M[some]]).T, horizon=horizon)[:2])
    away, errors = zip(*weighed, strict=True)
    return np.concatenate(away), np.concatenate(errors)


def _spread(away_M: Array, error_M: Array, share_M: Array) -> Spread:
    """By how likely each value makes the distances that were measured, all values alike before."""
    scale = float(np.sqrt(np.mean(away_M**2))) if len(away_M) else 0.0
    true_K = SPREADS * scale
    if not scale:
        return Spread(true_K, np.full(len(true_K), 1 / len(true_K)))
    variance_KM = share_M * true_K[:, None] ** 2 + np.maximum(error_M, 1e-6 * scale) ** 2
    log_K = -0.5 * np.sum((away_M**2 / variance_KM + np.log(variance_KM)) * share_M, axis=1)
    weight_K = np.exp(log_K - log_K.max())
    return Spread(true_K, weight_K / weight_K.sum())
