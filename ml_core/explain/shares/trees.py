"""Trees: exact Shapley values against known rows of the past (interventional TreeSHAP, Lundberg 2020), leaf by leaf.

A leaf is reached by a mixture of the row and a past row if each feature on the way to it comes from one of both whose
value fits. Of `a` features that only the row fits and `b` that only the past row fits, each of the former adds
(a - 1)! b! / (a + b)! of the leaf's value, each of the latter takes a! (b - 1)! / (a + b)! of it away (Laberge and
Pequignot 2022). The mean over the past rows is what is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import factorial

import numpy as np

from ml_core.baselines import PanelRows
from ml_core.explain.sharing import Question, Shared, Sharing, past_rows
from ml_core.forecaster.members import BaselineMember, Member


@dataclass(frozen=True)
class Leaves:
    """M leaves, each with K features on the way to it: feature k lies above `low` and at most at `high`, or is missing
    where `gap` says that this leads there too. Places that a shorter way leaves over fit everything."""

    feature_MK: np.ndarray
    low_MK: np.ndarray
    high_MK: np.ndarray
    gap_MK: np.ndarray
    value_M: np.ndarray

    def fits(self, x_RF: np.ndarray) -> np.ndarray:
        """fits_RMK: whether the row's own value leads on towards the leaf."""
        x_RMK = x_RF[:, self.feature_MK]
        return np.where(np.isnan(x_RMK), self.gap_MK, (x_RMK > self.low_MK) & (x_RMK <= self.high_MK))


def can(member: Member) -> bool:
    return isinstance(member, BaselineMember) and {"root", "threshold"} <= set(member.fitted.learned.arrays)


def share(member: Member, question: Question) -> Shared:
    assert isinstance(member, BaselineMember)
    learned, view, place = member.fitted.learned.arrays, question.view, question.horizon
    x_RF = PanelRows(view.windows, question.rows_NT, view.features).x_RF
    if question.part == "scale":
        said_R = np.full(len(x_RF), member.fitted.deviation_H[place])
        return Shared(view.features, said_R, said_R, np.zeros((len(x_RF), 1, x_RF.shape[1])))
    usual_PF = past_rows(question)
    leaves = read_leaves(learned, place)
    base, share_RF = share_leaves(leaves, x_RF, usual_PF)
    level = float(learned["base"][place])
    value_R = level + leaves.fits(x_RF).all(axis=2) @ leaves.value_M
    return Shared(view.features, value_R, np.full(len(x_RF), level + base), share_RF[:, None])


def read_leaves(arrays: Mapping[str, np.ndarray], place: int) -> Leaves:
    """All leaves of the trees of one horizon, with what leads to each."""
    leaves = [
        leaf
        for root, horizon in zip(arrays["root"], arrays["horizon"], strict=True)
        if horizon == place
        for leaf in _walk(arrays, int(root))
    ]
    width = max((len(way) for way, _ in leaves), default=0) or 1
    feature_MK = np.zeros((len(leaves), width), dtype=np.intp)
    low_MK, high_MK = np.full(feature_MK.shape, -np.inf), np.full(feature_MK.shape, np.inf)
    gap_MK = np.ones(feature_MK.shape, dtype=bool)
    for number, (way, _) in enumerate(leaves):
        for step, (feature, (low, high, gap)) in enumerate(way.items()):
            feature_MK[number, step] = feature
            low_MK[number, step], high_MK[number, step], gap_MK[number, step] = low, high, gap
    return Leaves(feature_MK, low_MK, high_MK, gap_MK, np.array([value for _, value in leaves]))


Way = dict[int, tuple[float, float, bool]]


def _walk(arrays: Mapping[str, np.ndarray], root: int) -> Iterator[tuple[Way, float]]:
    """Each leaf's way as bounds by feature, and its value."""
    waiting: list[tuple[int, Way]] = [(root, {})]
    while waiting:
        node, way = waiting.pop()
        left, right = int(arrays["left"][node]), int(arrays["right"][node])
        if left == node:
            yield way, float(arrays["value"][node])
            continue
        feature, threshold = int(arrays["feature"][node]), float(arrays["threshold"][node])
        missing_left = bool(arrays["missing_left"][node])
        low, high, gap = way.get(feature, (-np.inf, np.inf, True))
        waiting.append((left, {**way, feature: (low, min(high, threshold), gap and missing_left)}))
        waiting.append((right, {**way, feature: (max(low, threshold), high, gap and not missing_left)}))


def share_leaves(leaves: Leaves, x_RF: np.ndarray, usual_PF: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean over the past rows, and share_RF of each row beside it."""
    rows, features = x_RF.shape
    share_RF = np.zeros((rows, features))
    if not len(leaves.value_M):
        return 0.0, share_RF
    usual_PMK = leaves.fits(usual_PF)
    base = float(np.mean(usual_PMK.all(axis=2) @ leaves.value_M))
    gain_KK, loss_KK = _weights(leaves.feature_MK.shape[1])
    for row, own_MK in enumerate(leaves.fits(x_RF)):
        reach_PM = (own_MK | usual_PMK).all(axis=2)
        past_P, leaf_P = np.nonzero(reach_PM)
        own_XK, usual_XK = own_MK[leaf_P], usual_PMK[past_P, leaf_P]
        only_own_XK, only_usual_XK = own_XK & ~usual_XK, usual_XK & ~own_XK
        a_X, b_X = only_own_XK.sum(axis=1), only_usual_XK.sum(axis=1)
        value_X = leaves.value_M[leaf_P] / len(usual_PF)
        adds_XK = only_own_XK * (value_X * gain_KK[a_X, b_X])[:, None]
        adds_XK -= only_usual_XK * (value_X * loss_KK[a_X, b_X])[:, None]
        share_RF[row] = np.bincount(
            leaves.feature_MK[leaf_P].ravel(), weights=adds_XK.ravel(), minlength=features
        )
    return base, share_RF


def _weights(width: int) -> tuple[np.ndarray, np.ndarray]:
    """(a - 1)! b! / (a + b)! and a! (b - 1)! / (a + b)! for all a and b; zero where none is there to have it."""
    gain = np.zeros((width + 1, width + 1))
    for a in range(1, width + 1):
        for b in range(width + 1):
            gain[a, b] = factorial(a - 1) * factorial(b) / factorial(a + b)
    return gain, gain.T


SHARING = Sharing(order=3, can=can, share=share)
