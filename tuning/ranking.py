"""Ranks the finished trials of a search by what each will do again, which is less than it did: the highest of many
scores was the luckiest too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_core.errors import ForecastError, NotEnoughData
from ml_core.evaluation.shrinkage import chance_better, shrink
from ml_core.promotion.gate import count_independent, measure_overfitting
from ml_core.registry.searched import TrialRow
from ml_core.registry.trials import Params, Trial
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.trading import horizon_of
from tuning.ledger import returns_of
from tuning.space import build_space, first_params


@dataclass(frozen=True)
class Ranked:
    """A trial; if it finished, the score that is expected of it on other dates, and the standard error of the measured
    one. None of both where its objective is not a mean over dates."""

    trial: Trial
    again: float | None = None
    error: float | None = None

    def row(self) -> dict[str, Any]:
        """As plain values."""
        trial = self.trial
        return {
            "trial": trial.id,
            "status": trial.status,
            "family": trial.params.get("family"),
            "epochs": len(trial.history),
            "validation": trial.score,
            "test": trial.test_score,
            "error": self.error,
            "again": self.again,
            "seconds": round(trial.seconds, 1),
            "params": {key: value for key, value in trial.params.items() if key != "family"},
            "reason": trial.error,
        }


@dataclass(frozen=True)
class Ranking:
    """The trials of a search, the best first. `chance`: how sure it is that the first is better than the defaults of
    its family; None where those were not tried, or are the first."""

    trials: tuple[Ranked, ...]
    chance: float | None = None

    @property
    def winner(self) -> Trial:
        first = self.trials[0].trial if self.trials else None
        if first is None or first.test_score is None:
            failed = next((one.trial.error for one in self.trials if one.trial.error), "none was run")
            raise ForecastError(f"no trial finished; the first failure: {failed.splitlines()[-1]}")
        return first

    def rows(self, count: int = 10) -> list[TrialRow]:
        return [TrialRow.model_validate(one.row()) for one in self.trials[:count]]


def rank_trials(experiment: Experiment, trials: Sequence[Trial]) -> Ranking:
    """The trials by what each will do again on other dates than the folds' unseen ones."""
    defaults = first_params(experiment, build_space(experiment))
    return rank(trials, defaults=defaults, horizon=horizon_of(experiment))


def measure_luck(trials: Sequence[Trial], ranking: Ranking) -> dict[str, Any]:
    """How many trials there are and how many that differ they amount to, PBO, and the winner's chance."""
    streams = returns_of(trials)
    return {
        "trials": len(trials),
        "independent": count_independent(streams, tried=len(trials)) if streams.width > 1 else None,
        "overfitting": measure_overfitting(streams),
        "chance": ranking.chance,
    }


def rank(trials: Sequence[Trial], *, defaults: Sequence[Params], horizon: int) -> Ranking:
    """All trials: the finished ones by what they will do again, then the others as they come. By what they
    did, where their objective has no scores by date, or too few."""
    finished = [trial for trial in trials if trial.test_score is not None and isfinite(trial.test_score)]
    score_TM = _scores(finished)
    try:
        shrunk = shrink(score_TM, [trial.params["family"] for trial in finished], horizon=horizon)
    except NotEnoughData:
        return Ranking(tuple(Ranked(trial) for trial in trials))
    told = {
        trial.id: Ranked(trial, float(again), float(error))
        for trial, again, error in zip(finished, shrunk.again_M, shrunk.error_M, strict=True)
    }
    ranked = [told.get(trial.id, Ranked(trial)) for trial in trials]
    ranked.sort(key=lambda one: -np.inf if one.again is None else one.again, reverse=True)
    first = finished.index(ranked[0].trial)
    beside = [
        place for place, trial in enumerate(finished)
        if trial.params in defaults and trial.params["family"] == finished[first].params["family"]
    ]  # fmt: skip
    if not beside or first in beside:
        return Ranking(tuple(ranked))
    chance = chance_better(score_TM[:, first], score_TM[:, beside[0]], shrunk.spread, horizon=horizon)
    return Ranking(tuple(ranked), chance)


def _scores(trials: Sequence[Trial]) -> NDArray[np.float64]:
    """score_TM on the dates that all trials have; a trial of an earlier candorcast has none."""
    by_date = [trial.result.get("scores", {}) for trial in trials]
    shared = sorted(set.intersection(*map(set, by_date))) if by_date else []
    return np.array([[scores[date] for scores in by_date] for date in shared]).reshape(
        len(shared), len(trials)
    )
