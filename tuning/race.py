"""Drops a trial as soon as its forecasts of unseen dates are surely worse than the best one's on the same dates.

A trial walks fold by fold, the newest first. Scores of one date share its luck, so their difference tells after one
fold what their levels would not tell after all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from ray.tune.schedulers import FIFOScheduler, TrialScheduler

from ml_core.errors import NotEnoughData
from ml_core.evaluation.paired import Mean, weigh_mean
from ml_core.registry.trials import Trial

LEVEL = 0.9  # a trial whose difference lies below zero with all of this interval is surely worse
PREFIX = "scores/"  # Tune flattens what a trial reports

Scores = Mapping[str, float]


class Course:
    """The scores by date of every trial so far, and who leads."""

    def __init__(self, horizon: int, known: Iterable[Trial] = ()) -> None:
        self._horizon = horizon
        self._scores: dict[str, Scores] = {
            trial.id: trial.result["scores"] for trial in known if trial.result.get("scores")
        }

    def hear(self, trial: str, scores: Scores) -> None:
        self._scores[trial] = scores

    def is_beaten(self, trial: str) -> bool:
        """Whether it is surely worse than the best of those that have scores on all of its dates."""
        own = self._scores[trial]
        rivals = [
            scores for name, scores in self._scores.items() if name != trial and own.keys() <= scores.keys()
        ]
        if not rivals:
            return False
        best = max(rivals, key=lambda scores: sum(scores[date] for date in own))
        try:
            return self._weigh(own, best).interval(LEVEL)[1] < 0
        except NotEnoughData:
            return False

    def gain(self, trial: str) -> float | None:
        """By how much its score is above that of the first trial of all, on the dates that both have. Scores of trials
        that were dropped after other folds would not compare."""
        own, first = self._scores.get(trial), next(iter(self._scores.values()), None)
        if own is None or first is None or not own.keys() & first.keys():
            return None
        return float(np.mean([own[date] - first[date] for date in own if date in first]))

    def _weigh(self, own: Scores, other: Scores) -> Mean:
        return weigh_mean([own[date] - other[date] for date in sorted(own)], horizon=self._horizon)


class Race(FIFOScheduler):
    """Tune's scheduler of it."""

    def __init__(self, course: Course) -> None:
        super().__init__()
        self._course = course

    def on_trial_result(self, *told: Any, **_: Any) -> str:
        """Told are the controller, the trial and its result."""
        _, trial, result = told
        scores = {key.removeprefix(PREFIX): score for key, score in result.items() if key.startswith(PREFIX)}
        if not scores:
            return TrialScheduler.CONTINUE
        self._course.hear(trial.trial_id, scores)
        beaten = not result.get("finished") and self._course.is_beaten(trial.trial_id)
        return TrialScheduler.STOP if beaten else TrialScheduler.CONTINUE
