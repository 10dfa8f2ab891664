"""Ranks the finished trials of a search by what each will do again, which is less than it did: the highest of many
scores was the luckiest too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_core.errors import ForecastError, NotEnoughData
from ml_core.evaluation.dropped import shrink_dropped
from ml_core.evaluation.metrics import find_metric
from ml_core.evaluation.shrinkage import Shrunk, shrink
from ml_core.portfolio.opening import horizon_of
from ml_core.promotion.gate import count_independent, measure_overfitting
from ml_core.registry.dated import values_on
from ml_core.registry.searched import TrialRow
from ml_core.registry.trials import Params, Trial
from ml_core.spec.experiment import Experiment
from tuning.chances import Chances, tell_chances
from tuning.dates import share_dates
from tuning.ledger import returns_of
from tuning.points import first_params
from tuning.space import build_space

Unit = Callable[[float], float]  # from a mean over dates to what the objective is read in


@dataclass(frozen=True)
class Ranked:
    """A trial; if it has scores by date, the score that is expected of it on other dates, and the standard error of the
    measured one. None of both where its objective is not a mean over dates. `note`: why it has no rank, or ended."""

    trial: Trial
    again: float | None = None
    error: float | None = None
    note: str = ""

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
            "reason": trial.error or self.note,
        }


@dataclass(frozen=True)
class Ranking:
    """The trials of a search, the best first; how sure it is that the first is better than others; and why nobody has
    a rank, where that is so."""

    trials: tuple[Ranked, ...]
    chances: Chances = field(default_factory=Chances)

    @property
    def chance(self) -> float | None:
        return self.chances.defaults

    @property
    def finished(self) -> list[Trial]:
        """Those with a score on the folds' unseen dates."""
        told = ((one.trial, one.trial.test_score) for one in self.trials)
        return [trial for trial, score in told if score is not None and isfinite(score)]

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
    unit = find_metric(experiment.search.objective).of_mean
    return rank(trials, defaults=defaults, horizon=horizon_of(experiment), unit=unit)


def measure_luck(trials: Sequence[Trial], ranking: Ranking) -> dict[str, Any]:
    """How many trials there are and how many that differ they amount to, PBO, and the winner's chances."""
    streams, chances = returns_of(trials), ranking.chances
    return {
        "trials": len(trials),
        "finished": sum(trial.status == "finished" for trial in trials),
        "independent": count_independent(streams, tried=len(trials)) if streams.width > 1 else None,
        "overfitting": measure_overfitting(streams),
        "chance": chances.defaults,
        "beside": chances.beside,
        "chance_next": chances.next,
        "unsure": chances.unsure,
    }


def rank(trials: Sequence[Trial], *, defaults: Sequence[Params], horizon: int, unit: Unit = float) -> Ranking:
    """All trials: the finished ones by what they will do again, then the others as they come. By what they did, where
    their objective has no scores by date, or too few. Those that a race dropped are not ranked, but count in what is
    expected of the others."""
    finished = [trial for trial in trials if trial.test_score is not None and isfinite(trial.test_score)]
    shared = share_dates({trial.id: trial.result.get("scores", {}) for trial in finished})
    notes = {trial.id: shared.left_out.get(trial.id) or _why_ended(trial) for trial in trials}
    comparable = set(shared.trials)
    compared = [trial for trial in finished if trial.id in comparable]
    dropped = [one for one in trials if one.status == "stopped" and _begins(one, shared.dates) is not None]
    score_TM = _scores([*compared, *dropped], shared.dates)
    try:
        shrunk = _shrink(score_TM, [trial.params["family"] for trial in (*compared, *dropped)], horizon)
    except NotEnoughData as error:
        why = str(error) if shared.dates else "the objective has no score by date"
        told = tuple(Ranked(trial, note=notes[trial.id]) for trial in trials)
        return Ranking(told, Chances(unsure=f"nothing is expected again, and the highest score wins: {why}"))
    told = _tell([*compared, *dropped], shrunk, notes, unit)
    ranked = [told.get(trial.id, Ranked(trial, note=notes[trial.id])) for trial in trials]
    last = -np.inf
    ranked.sort(
        key=lambda one: (one.trial.test_score is not None, last if one.again is None else one.again),
        reverse=True,
    )
    order = [one.trial.id for one in ranked]
    columns = {trial.id: score_TM[:, place] for place, trial in enumerate((*compared, *dropped))}
    known = {trial.id: trial for trial in (*compared, *dropped)}
    in_order = {name: (known[name], columns[name]) for name in order if name in known}
    return Ranking(tuple(ranked), tell_chances(in_order, trials, shrunk, defaults=defaults, horizon=horizon))


def _shrink(score_TM: NDArray[np.float64], kinds: Sequence[str], horizon: int) -> Shrunk:
    known = shrink_dropped if np.isnan(score_TM).any() else shrink
    return known(score_TM, kinds, horizon=horizon)


def _tell(trials: Sequence[Trial], shrunk: Shrunk, notes: Mapping[str, str], unit: Unit) -> dict[str, Ranked]:
    """In the unit that the objective is read in."""
    told = zip(trials, shrunk.again_M.tolist(), shrunk.error_M.tolist(), strict=True)
    return {
        trial.id: Ranked(trial, unit(again), (unit(again + error) - unit(again - error)) / 2, notes[trial.id])
        for trial, again, error in told
    }


def _why_ended(trial: Trial) -> str:
    """Of a trial that was dropped, after what."""
    if trial.status != "stopped":
        return ""
    return f"dropped after {f'fold {trial.fold}' if trial.fold else f'epoch {len(trial.history)}'}"


def _begins(trial: Trial, dates: Sequence[str]) -> int | None:
    """The place of the first date of a trial that has all since then; none where some of them are missing."""
    scores = trial.result.get("scores", {})
    first = next((place for place, date in enumerate(dates) if date in scores), None)
    return first if first is not None and all(date in scores for date in dates[first:]) else None


def _scores(trials: Sequence[Trial], dates: tuple[str, ...]) -> NDArray[np.float64]:
    """score_TM; NaN where a trial was dropped before it came there."""
    score_TM = np.full((len(dates), len(trials)), np.nan)
    for place, trial in enumerate(trials):
        score_TM[:, place] = values_on(dates, trial.result.get("scores", {}))
    return score_TM
