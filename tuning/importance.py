"""Says which of the varied keys a score hangs on, family by family, with errors and beside what chance alone would say.

By how differently the best quarter of trials is spread over a key's values than all are (PED-ANOVA, Watanabe, Bansal
and Hutter 2023, on bins). Some key always comes first. Whether it stands out is told by the same trials with their
scores dealt out by lot: a key has to be above what the highest of all keys reaches then (Westfall and Young 1993).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml_core.frames import Array
from ml_core.registry.searched import Importance
from ml_core.registry.trials import Trial
from ml_core.spec.experiment import Experiment
from ml_core.spec.ranges import OneOf, Range
from tuning.space import build_space, holds

LEAST_TRIALS = 12  # of a family, for its keys to be told apart
MOST_BINS = 8
BEST = 0.25  # the share of trials that counts as good
RESAMPLES, DEALS = 200, 999


def weigh_keys(experiment: Experiment, trials: Sequence[Trial], *, seed: int = 0) -> list[Importance]:
    """Of every family with enough trials whose score is known, the most important key first."""
    space, rng = build_space(experiment), np.random.default_rng(seed)
    alike = compare_alike(trials)
    weighed = []
    for family, ranges in space.items():
        own = [one for one in trials if one.params["family"] == family and holds(space, one.params)]
        own = [one for one in own if np.isfinite(alike.get(one.id, np.nan))]
        if len(own) < LEAST_TRIALS or len(ranges) < 2:
            continue
        bins = [_bins([one.params[key] for one in own], allowed) for key, allowed in ranges.items()]
        rows = _weigh(np.array([alike[one.id] for one in own]), bins, rng)
        told = [Importance(family=family, key=key, **row) for key, row in zip(ranges, rows, strict=True)]
        weighed += sorted(told, key=lambda row: -row.share)
    return weighed


def compare_alike(trials: Sequence[Trial]) -> dict[str, float]:
    """The validation score of each trial after what all have been through: the newest fold of a race, else as many
    epochs as the first that was dropped had. The best of more epochs, or of another fold, says nothing of a key."""
    cut = min((len(one.history) for one in trials if one.status == "stopped" and one.history), default=None)
    scores = {}
    for trial in trials:
        first = [row for row in trial.history if row.get("fold", 1) == 1]
        rows = first if trial.fold else first[:cut]
        if rows:
            scores[trial.id] = rows[-1].get("best", rows[-1]["score"])
    return scores


def _weigh(score_M: Array, bins: Sequence[Array], rng: np.random.Generator) -> list[dict[str, float]]:
    """Of each key its share, error, chance and p."""
    count = len(score_M)
    order_M, once_1M = np.argsort(-score_M, kind="stable"), np.ones((1, count))
    best_1M = _best(once_1M, order_M)
    measured_K = _apart(once_1M, best_1M, bins)[0]
    drawn_RM = rng.multinomial(count, np.full(count, 1 / count), size=RESAMPLES).astype(float)
    share_RK = _shares(_apart(drawn_RM, _best(drawn_RM, order_M), bins))
    dealt_RK = _apart(once_1M, rng.permuted(np.repeat(best_1M, DEALS, axis=0), axis=1), bins)
    all_RK = np.vstack([measured_K, dealt_RK])  # what was measured is one way to deal them out
    p_RK = np.stack([_ranks(column) for column in all_RK.T], axis=1)
    p_K = (p_RK.min(axis=1)[:, None] <= p_RK[0]).mean(axis=0)
    share_K, chance_K = _shares(measured_K[None])[0], _shares(dealt_RK).mean(axis=0)
    columns = {"share": share_K, "error": share_RK.std(axis=0), "chance": chance_K, "p": p_K}
    return [{name: float(of_K[place]) for name, of_K in columns.items()} for place in range(len(bins))]


def _best(weight_RM: Array, order_M: NDArray[np.int_]) -> Array:
    """How much of each trial's weight belongs to the best quarter of all. `order_M`: the best first."""
    ordered_RM = weight_RM[:, order_M]
    before_RM = np.cumsum(ordered_RM, axis=1) - ordered_RM
    best_RM = np.empty_like(ordered_RM)
    best_RM[:, order_M] = np.clip(BEST * weight_RM.shape[1] - before_RM, 0.0, ordered_RM)
    return best_RM


def _apart(weight_RM: Array, best_RM: Array, bins: Sequence[Array]) -> Array:
    """By resample and key: how far the best quarter is spread otherwise than all."""
    apart = []
    for bin_MB in bins:
        all_RB, best_RB = (one @ bin_MB / one.sum(axis=1, keepdims=True) for one in (weight_RM, best_RM))
        all_RB, best_RB = np.broadcast_arrays(all_RB, best_RB)
        ratio_RB = np.divide(best_RB, all_RB, out=np.ones(best_RB.shape), where=all_RB > 0)
        apart.append((all_RB * (ratio_RB - 1) ** 2).sum(axis=1))
    return np.stack(apart, axis=1)


def _shares(apart_RK: Array) -> Array:
    whole_R1 = apart_RK.sum(axis=1, keepdims=True)
    even = np.full(apart_RK.shape, 1 / apart_RK.shape[1])
    return np.divide(apart_RK, whole_R1, out=even, where=whole_R1 > 0)


def _ranks(values_R: Array) -> Array:
    """Which share of all is at least as high as each."""
    ordered_R = np.sort(values_R)
    return 1 - np.searchsorted(ordered_R, values_R - 1e-12) / len(values_R)


def _bins(values: Sequence[object], allowed: Range) -> Array:
    """Which of a key's values each trial has; of a range, in which of its stretches of as many trials each."""
    if isinstance(allowed, OneOf):
        listed = list(allowed.values)
        codes_M = np.array([listed.index(value) for value in values])
        return np.eye(len(listed))[codes_M]
    count = int(np.clip(len(values) // 8, 3, MOST_BINS))
    place_M = np.argsort(np.argsort(np.array(values, dtype=float), kind="stable"), kind="stable")
    return np.eye(count)[place_M * count // len(values)]
