"""Lets Optuna choose the params that Tune tries: it is told what earlier trials scored, and each new score."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ray.tune.search import Searcher

from ml_core.registry.trials import Params, Trial
from ml_core.spec.experiment import Search
from ml_core.spec.ranges import LogUniform, OneOf, Range
from tuning.race import Course
from tuning.space import Space, as_choice, holds, suggest

if TYPE_CHECKING:
    import optuna

ATTEMPTS = 50  # at params that were not tried yet


class OptunaSampler(Searcher):
    """Asks a study for params. Earlier trials are told to it, so that a resumed search goes on from them."""

    def __init__(
        self,
        search: Search,
        space: Space,
        *,
        queue: Sequence[Params],
        known: list[Trial],
        course: Course | None = None,
    ) -> None:
        super().__init__(metric="score", mode="max")
        self._space, self._open, self._course = space, {}, course
        scores = {trial.id: _told(trial, course) for trial in known}
        self._tried = {_key(_written(trial.params)): scores[trial.id] for trial in known}
        self._study = _create_study(search, seed=search.seed + len(known))
        for trial in (one for one in known if holds(space, one.params)):  # ranges may have changed since
            tell_known(self._study, trial, space, score=scores[trial.id])
        for params in queue:
            self._study.enqueue_trial(_written(params))

    def suggest(self, trial_id: str) -> Any:
        """Params that were not tried: the same ones would score the same. A search with none left is over."""
        for _ in range(ATTEMPTS):
            asked = self._study.ask()
            params = suggest(asked, self._space)
            key = _key(asked.params)
            if key not in self._tried:
                self._tried[key] = None
                self._open[trial_id] = asked
                return params
            score = self._tried[key]
            self._study.tell(asked, score, state=_state(failed=score is None))
        return Searcher.FINISHED

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        asked = self._open.pop(trial_id, None)
        if asked is not None:
            score = self._course.gain(trial_id) if self._course else (result or {}).get("best")
            failed = error or score is None
            self._study.tell(asked, None if failed else score, state=_state(failed=failed))
            self._tried[_key(asked.params)] = None if failed else score
        if self._course:
            self._course.forget(trial_id)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the ledger is what a search resumes from."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: see `save`."""


def _told(trial: Trial, course: Course | None) -> float | None:
    """What a study is told of an earlier trial; in a race something that compares after any number of folds."""
    return course.gain_of(trial.result.get("scores", {})) if course else trial.score


def _key(written: Params) -> str:
    return json.dumps(written, sort_keys=True)


def _create_study(search: Search, *, seed: int) -> optuna.Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if search.sampler == "optuna":
        with warnings.catch_warnings():  # both options are said to be experimental
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(
                seed=seed, constant_liar=True, n_startup_trials=8, multivariate=True, group=True
            )
    else:
        sampler = optuna.samplers.RandomSampler(seed=seed)
    return optuna.create_study(direction="maximize", sampler=sampler)


def tell_known(study: optuna.Study, trial: Trial, space: Space, *, score: float | None) -> None:
    """An earlier trial with its score."""
    import optuna

    family = trial.params["family"]
    distributions = {
        "family": optuna.distributions.CategoricalDistribution(list(space)),
        **{key: _distribution(allowed) for key, allowed in space[family].items()},
    }
    study.add_trial(
        optuna.trial.create_trial(
            params=_written(trial.params),
            distributions=distributions,
            value=score,
            state=_state(failed=score is None),
        )
    )


def _written(params: Params) -> dict[str, Any]:
    return {key: as_choice(value) for key, value in params.items()}


def _distribution(allowed: Range) -> optuna.distributions.BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if isinstance(allowed, OneOf):
        return CategoricalDistribution([as_choice(value) for value in allowed.values])
    return FloatDistribution(allowed.low, allowed.high, log=isinstance(allowed, LogUniform))


def _state(*, failed: bool) -> optuna.trial.TrialState:
    from optuna.trial import TrialState

    return TrialState.FAIL if failed else TrialState.COMPLETE
