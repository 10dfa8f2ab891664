"""Says what scores will be when they are measured again, where candidates were dropped by what they had scored so far.

Those that are left were lucky on the dates by which others were dropped. Their own mean is too high, so that what is
expected of them must be told from all: what the dropped ones scored, on the dates that they have, belongs to how their
kind is spread. One model holds all (a mixed one, Henderson 1975): each stretch of dates has a level that all share,
each kind and each candidate a place, and each mean over a stretch an error of its own. A rule that dropped by nothing
but those numbers then needs no correction (Rubin 1976).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ml_core.errors import NotEnoughData
from ml_core.evaluation.paired import dates_needed, weigh_means
from ml_core.evaluation.shrinkage import SPREADS, Shrunk, Spread
from ml_core.frames import Array

KINDS = SPREADS[::4]  # few kinds tell little of how far they lie apart: fewer values will do


@dataclass(frozen=True)
class _Means:
    """Of each candidate M, its mean over each stretch S less the stretch's own, and how sure it is (one over the
    square of its error; zero where it has none)."""

    place_MS: Array
    sure_MS: Array
    kind_MF: Array


def shrink_dropped(score_TM: Array, kinds: Sequence[str], *, horizon: int) -> Shrunk:
    """As `shrink`, of candidates that begin later, with no score (NaN) before: a race that walks into the past drops
    them so. What is expected is for all dates, also of those that have not seen all."""
    first_M = np.isnan(score_TM).sum(axis=0)
    count, whole_M = len(score_TM), first_M == 0
    if count < (needed := dates_needed(horizon)) or not whole_M.any():
        raise NotEnoughData(f"{count} dates at horizon {horizon}; expected at least {needed}")
    error_M, noise_M = _errors(score_TM, first_M, horizon)
    cuts = [*np.unique(first_M), count]
    level_S = np.array([np.nanmean(score_TM[low:high]) for low, high in pairwise(cuts)])
    size_S = np.diff(cuts).astype(float)
    place_MS, sure_MS = np.zeros((len(first_M), len(size_S))), np.zeros((len(first_M), len(size_S)))
    for stretch, low in enumerate(cuts[:-1]):
        has_M = first_M <= low
        mean_M = score_TM[low : cuts[stretch + 1], has_M].mean(axis=0)
        place_MS[has_M, stretch] = mean_M - level_S[stretch]
        sure_MS[has_M, stretch] = size_S[stretch] / noise_M[has_M]
    known = sorted(set(kinds))
    kind_MF = np.array([[float(kind == name) for name in known] for kind in kinds])
    means = _Means(place_MS, sure_MS, kind_MF)
    share_S = size_S / count
    place_M, spread, spread_kinds = _place(means, share_S)
    raw_M = np.array([score_TM[first:, number].mean() for number, first in enumerate(first_M)])
    return Shrunk(raw_M, error_M, float(share_S @ level_S) + place_M, spread, spread_kinds)


def _errors(score_TM: Array, first_M: NDArray[np.int_], horizon: int) -> tuple[Array, Array]:
    """The error of each, beside the mean of those with all dates; and the long-run variance of its own luck by date."""
    whole = int((first_M == 0).sum())
    mean_T1 = score_TM[:, first_M == 0].mean(axis=1, keepdims=True)
    error_M, noise_M = np.full(len(first_M), np.nan), np.full(len(first_M), np.nan)
    for first in np.unique(first_M):
        own_M, length = first_M == first, len(score_TM) - first
        if length < dates_needed(horizon) or (whole == 1 and first == 0):
            continue  # too short to tell, or itself the mean: as noisy as the others, for all that is known
        _, error_M[own_M], _ = weigh_means((score_TM[first:, own_M] - mean_T1[first:]).T, horizon=horizon)
        noise_M[own_M] = error_M[own_M] ** 2 * length / (1 + (1 if first else -1) / whole)
    usual = float(np.nanmean(noise_M)) if np.isfinite(noise_M).any() else 0.0
    noise_M = np.where(np.isfinite(noise_M), noise_M, usual)
    error_M = np.where(np.isfinite(error_M), error_M, np.sqrt(noise_M / (len(score_TM) - first_M)))
    return error_M, np.maximum(noise_M, 1e-12 * max(usual, np.finfo(float).tiny))


def _place(means: _Means, share_S: Array) -> tuple[Array, Spread, Spread]:
    """Where each candidate stands beside the mean of all stretches' levels; how far candidates of one kind, and kinds,
    truly lie apart. Every pair of spreads is weighed by how likely it makes what was measured."""
    has_MS = means.sure_MS > 0
    scale = float(np.sqrt(np.mean(means.place_MS[has_MS] ** 2)))
    true_K, kinds_J = SPREADS * scale, (KINDS * scale if means.kind_MF.shape[1] > 1 else np.zeros(1))
    solved = [_solve(means, share_S, true, kinds_J) for true in true_K]
    log_KJ = np.array([log_J for log_J, _ in solved])
    weight_KJ = np.exp(log_KJ - log_KJ.max())
    weight_KJ /= weight_KJ.sum()
    place_KJM = np.array([place_JM for _, place_JM in solved])
    place_M = np.einsum("kj,kjm->m", weight_KJ, place_KJM)
    return place_M, Spread(true_K, weight_KJ.sum(axis=1)), Spread(kinds_J, weight_KJ.sum(axis=0))


def _solve(means: _Means, share_S: Array, true: float, kinds_J: Array) -> tuple[Array, Array]:
    """At one spread of candidates and each one of kinds: the log likelihood, and the place of each candidate."""
    sure_MS, kind_MF, stretches = means.sure_MS, means.kind_MF, means.sure_MS.shape[1]
    all_M, told_M = sure_MS.sum(axis=1), (sure_MS * means.place_MS).sum(axis=1)
    pull_M = true**2 / (1 + true**2 * all_M)
    left_M = 1 / (1 + true**2 * all_M)
    level_SS = np.diag(sure_MS.sum(axis=0)) - (sure_MS * pull_M[:, None]).T @ sure_MS
    level_SF = (sure_MS * left_M[:, None]).T @ kind_MF
    kind_FF = np.diag((all_M * left_M) @ kind_MF)
    asked = np.concatenate(
        [(sure_MS * means.place_MS).sum(axis=0) - (pull_M * told_M) @ sure_MS, (left_M * told_M) @ kind_MF]
    )
    matrix = np.block([[level_SS, level_SF], [level_SF.T, kind_FF]])
    fixed = np.sum(np.log(1 + true**2 * all_M)) - np.sum(pull_M * told_M**2)
    log_J, place_JM = np.empty(len(kinds_J)), np.empty((len(kinds_J), len(all_M)))
    for place, kinds in enumerate(kinds_J):
        unit = np.concatenate([np.ones(stretches), np.full(kind_MF.shape[1], kinds)])
        prior = np.diag(np.concatenate([np.zeros(stretches), np.ones(kind_MF.shape[1])]))
        whole = unit[:, None] * matrix * unit + prior
        solved = np.linalg.solve(whole, unit * asked)
        log_J[place] = -0.5 * (fixed + np.linalg.slogdet(whole)[1] - (unit * asked) @ solved)
        level_S, kind_F = solved[:stretches], kinds * solved[stretches:]
        own_M = pull_M * (told_M - sure_MS @ level_S - all_M * (kind_MF @ kind_F))
        place_JM[place] = share_S @ level_S + kind_MF @ kind_F + own_M
    return log_J, place_JM
