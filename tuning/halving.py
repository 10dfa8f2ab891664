"""Drops the worse half of the trials at a quarter of their epochs, the worse half of what is left at half of them, and
so on (asynchronous successive halving, Li et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from statistics import median
from typing import Any

from ml_core.baselines import is_baseline
from ml_core.registry.trials import Trial
from tuning.pruner import best_of
from tuning.turns import Result

RungScores = dict[int, float]  # by number of epochs, a score


class Halving:
    """Of trials with at most so many epochs: what each scored at every rung, and the medians that it faces. What has no
    epochs to be dropped after, a baseline, is at rung 0 and compared with nobody."""

    def __init__(self, epochs: int, known: Iterable[Trial] = ()) -> None:
        first = max(1, epochs // 4)
        self._rungs = [first << step for step in range(epochs) if first << step <= epochs]
        self._settled: dict[int, list[float]] = {rung: [] for rung in self._rungs}
        self._faced: dict[str, RungScores] = {}
        self._reached: dict[str, RungScores] = {}
        for trial in known:
            if not is_baseline(trial.params["family"]):
                scores = [epoch["score"] for epoch in trial.history]
                self._count({rung: scores[rung - 1] for rung in self._rungs if rung <= len(scores)})

    def begin(self, trial: str) -> None:
        self._faced[trial] = {rung: median(scores) for rung, scores in self._settled.items() if scores}
        self._reached[trial] = {}

    def drops(self, trial: str, result: Mapping[str, Any]) -> bool:
        rung, reached = result.get("rung", 0), self._reached[trial]
        if rung not in self._settled or rung in reached:
            return False
        reached[rung] = result["score"]
        return rung in self._faced[trial] and result["score"] < self._faced[trial][rung]

    def settle(self, trial: str, result: Result) -> float | None:
        self._faced.pop(trial)
        self._count(self._reached.pop(trial))
        return best_of(result)

    def value_of(self, trial: Trial) -> float | None:
        return trial.score

    def _count(self, reached: RungScores) -> None:
        for rung, score in reached.items():
            if isfinite(score):
                self._settled[rung].append(score)
