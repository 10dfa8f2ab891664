"""Chooses who answers for a search: its best trial, or the best of them as one, each with a weight by what it gained on
the folds' unseen dates. The holdout has no part in it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import polars as pl

from ml_core.evaluation.weights import weigh_members
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.portfolio.opening import horizon_of
from ml_core.registry.trials import Trial
from ml_core.spec.ensemble import Spec, join
from ml_core.spec.experiment import Experiment
from ml_core.spec.run import Weighted
from tuning.ranking import Ranking
from tuning.space import build_space, longest_lookback, spec_of
from tuning.trial import score_dates


def choose_answer(experiment: Experiment, ranking: Ranking, windows: Windows, folds: Sequence[Split]) -> Spec:
    """The winner; with a number in `search.answer` so many of the best, as far as there are, without those that gained
    nothing beside the others."""
    asked = experiment.search.answer
    chosen = pick_best(ranking, 1 if asked == "best" else asked)
    if len(chosen) == 1:
        return spec_of(experiment, chosen[0].params)
    weight_M = weigh_trials(experiment, chosen, score_zero(experiment, windows, folds))
    return join(
        [
            Weighted(weight=weight, spec=spec_of(experiment, trial.params))
            for trial, weight in zip(chosen, weight_M, strict=True)
            if weight > 0
        ]
    )


def pick_best(ranking: Ranking, count: int) -> list[Trial]:
    """So many of the best that differ: what scored the same on every date is the same model again."""
    differing = {_tell_apart(ranking.winner): ranking.winner}
    for trial in ranking.finished:
        differing.setdefault(_tell_apart(trial), trial)
    return list(differing.values())[:count]


def _tell_apart(trial: Trial) -> str:
    return json.dumps(dict(trial.result.get("scores") or trial.params), sort_keys=True)


def weigh_trials(experiment: Experiment, trials: Sequence[Trial], zero: dict[str, float]) -> list[float]:
    """How much each counts, by its scores on the dates that all of them have. Equal parts where the objective has no
    score by date."""
    by_trial = [trial.result.get("scores", {}) for trial in trials]
    dates = sorted(set(zero).intersection(*by_trial))
    gain_TM = np.array([[scores[date] - zero[date] for scores in by_trial] for date in dates])
    gain_TM = gain_TM.reshape(len(dates), len(trials))
    return weigh_members(gain_TM, horizon=horizon_of(experiment)).tolist()


def score_zero(experiment: Experiment, windows: Windows, folds: Sequence[Split]) -> dict[str, float]:
    """What a forecast of zero scores on each of the folds' unseen dates: who gains nothing does as well."""
    usable_NT = windows.usable(longest_lookback(experiment, build_space(experiment)))
    realized_NTH = windows.y_NTH.astype(float) * windows.unit_NTH
    rows = pl.concat(
        [
            windows.to_table(
                usable_NT & windows.rows(fold.test), mean=np.zeros(realized_NTH.shape), realized=realized_NTH
            )
            for fold in folds
        ]
    )
    return score_dates(experiment, rows)
