"""Says which of the varied keys a score hangs on, family by family, with errors: by PED-ANOVA (Watanabe, Bansal and
Hutter 2023) of Optuna, on many resamples of the trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_core.registry.trials import Trial
from ml_core.spec.experiment import Experiment
from tuning.sampler import tell_known
from tuning.space import Space, build_space, holds

LEAST_TRIALS = 12  # of a family, for its keys to be told apart
RESAMPLES = 40


@dataclass(frozen=True)
class Importance:
    """The share of what parts good trials from others that hangs on a key; its standard error over resamples."""

    family: str
    key: str
    share: float
    error: float


def weigh_keys(experiment: Experiment, trials: Sequence[Trial], *, seed: int = 0) -> list[Importance]:
    """Of every family with enough trials whose score is known, the most important key first."""
    space, rng = build_space(experiment), np.random.default_rng(seed)
    found = []
    for family, ranges in space.items():
        own = [one for one in trials if one.params["family"] == family and holds(space, one.params)]
        own = [one for one in own if one.score is not None and np.isfinite(one.score)]
        if len(own) < LEAST_TRIALS or len(ranges) < 2:
            continue
        draws = [_shares([own[place] for place in rng.integers(len(own), size=len(own))], space, family)
                 for _ in range(RESAMPLES)]  # fmt: skip
        shares = {key: [draw.get(key, 0.0) for draw in draws] for key in ranges}
        rows = [
            Importance(family, key, float(np.mean(each)), float(np.std(each))) for key, each in shares.items()
        ]
        found += sorted(rows, key=lambda row: -row.share)
    return found


def _shares(trials: Sequence[Trial], space: Space, family: str) -> dict[str, Any]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize")
    for trial in trials:
        tell_known(study, trial, {family: space[family]}, score=trial.score)
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=0.25)
    return optuna.importance.get_param_importances(
        study, evaluator=evaluator, params=list(space[family]), normalize=True
    )
