"""Drops a trial as soon as its forecasts of unseen dates are surely worse than a good one's on the same dates.

A trial walks fold by fold, the newest first. Scores of one date share its luck, so their difference tells after one
fold what their levels would not tell after all.

Whom it is compared with is chosen on other dates than those of the comparison: who did best on the folds that it has
not seen. The best of many on the same dates was the luckiest on them too, and with hundreds of rivals few of its
equals would be left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ml_core.errors import NotEnoughData
from ml_core.evaluation.paired import Mean, weigh_mean
from ml_core.registry.trials import Trial
from tuning.turns import Result

RATE = 0.05  # of trials that are as good as the best, at most so many are dropped, all looks together

Scores = Mapping[str, float]


class Leader(NamedTuple):
    """Who did best on the dates before a cut; more of them count before more score."""

    reach: int
    score: float
    scores: Scores


class FoldRace:
    """Of a race over folds that begin on these dates: the scores by date of whoever runs, and for each fold who leads
    on those before it. The first trial of all, the defaults, faces nobody and is never dropped: it is what the others
    are told by. `spared`: it is the first to begin, also where others are known from an earlier run."""

    def __init__(
        self, horizon: int, starts: Sequence[str], known: Iterable[Trial] = (), *, spared: bool = False
    ) -> None:
        self._horizon, self._starts, self._spared = horizon, sorted(starts), spared
        self._scores: dict[str, Scores] = {}
        self._leaders: dict[str, Leader] = {}
        self._faced: dict[str, Mapping[str, Leader]] = {}
        self._reference: Scores = {}
        for trial in known:
            if trial.status == "finished":
                self._count(trial.result.get("scores", {}))

    def begin(self, trial: str) -> None:
        """Whoever leads now is whom it is compared with."""
        self._faced[trial] = {} if self._spared else dict(self._leaders)
        self._spared = False

    def drops(self, trial: str, result: Mapping[str, Any]) -> bool:
        if not (scores := result.get("scores")):
            return False
        self._scores[trial] = scores
        return self._is_beaten(trial)

    def settle(self, trial: str, result: Result) -> float | None:
        """By how much its score is above that of the first trial of all, on the dates that both have. Of many
        thousands only the scores of those that lead are kept."""
        own = self._scores.pop(trial, {})
        self._faced.pop(trial)
        self._count(own)
        return None if result is None else self._gain(own)

    def value_of(self, trial: Trial) -> float | None:
        return self._gain(trial.result.get("scores", {}))

    def _count(self, scores: Scores) -> None:
        self._reference = self._reference or scores
        for place, cut in enumerate(self._starts[1:], start=1):
            before = [score for date, score in scores.items() if date < cut]
            if before:
                reach = sum(min(scores) < start for start in self._starts[1 : place + 1])
                standing = Leader(reach, float(np.mean(before)), scores)
                held = self._leaders.get(cut)
                if held is None or standing[:2] > held[:2]:
                    self._leaders[cut] = standing

    def _is_beaten(self, trial: str) -> bool:
        """Whether it is surely worse than who leads on the folds that it has not seen."""
        own = self._scores[trial]
        cut = max((start for start in self._starts if start <= min(own)), default=None)
        leader = self._faced[trial].get(cut) if cut else None
        if leader is None:
            return False
        try:
            difference = self._weigh(own, leader.scores)
        except NotEnoughData:
            return False
        return difference.interval(1 - 2 * self._rate)[1] < 0

    def _gain(self, own: Scores) -> float | None:
        """Means of trials that were dropped after other folds would not compare."""
        both = own.keys() & self._reference.keys()
        return float(np.mean([own[date] - self._reference[date] for date in both])) if both else None

    @property
    def _rate(self) -> float:
        """Of one look. A leader has survived the looks of its own folds, a trace of luck that is paid for here."""
        return RATE * (1 - RATE) / max(1, len(self._starts) - 1)

    def _weigh(self, own: Scores, other: Scores) -> Mean:
        both = sorted(own.keys() & other.keys())
        return weigh_mean([own[date] - other[date] for date in both], horizon=self._horizon)
