"""Lets Optuna choose the points that Tune tries: it is told what earlier trials scored, and each new score."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ray.tune.search import Searcher

from ml_core.spec.experiment import Search
from ml_core.spec.ranges import LogUniform, OneOf, Range
from tuning.ledger import Entry
from tuning.space import Point, as_choice, suggest

if TYPE_CHECKING:
    import optuna

ATTEMPTS = 50  # at a point that was not tried yet
Space = dict[str, dict[str, Range]]


class OptunaPoints(Searcher):
    """Asks a study for points. Earlier trials are told to it, so that a resumed search goes on from them."""

    def __init__(self, search: Search, space: Space, *, queue: Sequence[Point], known: list[Entry]) -> None:
        super().__init__(metric="score", mode="max")
        self._space, self._open = space, {}
        self._tried = {_key(_written(entry.point)): entry.score for entry in known}
        self._study = _create_study(search, seed=search.seed + len(known))
        for entry in known:
            _tell_known(self._study, entry, space)
        for point in queue:
            self._study.enqueue_trial(_written(point))

    def suggest(self, trial_id: str) -> Any:
        """A point that was not tried: the same one would score the same. A search with none left is over."""
        for _ in range(ATTEMPTS):
            trial = self._study.ask()
            point = suggest(trial, self._space)
            key = _key(trial.params)
            if key not in self._tried:
                self._tried[key] = None
                self._open[trial_id] = trial
                return point
            score = self._tried[key]
            self._study.tell(trial, score, state=_state(failed=score is None))
        return Searcher.FINISHED

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        trial = self._open.pop(trial_id, None)
        if trial is not None:
            score = (result or {}).get("score")
            failed = error or score is None
            self._study.tell(trial, None if failed else score, state=_state(failed=failed))
            self._tried[_key(trial.params)] = None if failed else score

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the ledger is what a search resumes from."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: see `save`."""


def _key(written: Point) -> str:
    return json.dumps(written, sort_keys=True)


def _create_study(search: Search, *, seed: int) -> optuna.Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if search.sampler == "optuna":
        sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True, n_startup_trials=8)
    else:
        sampler = optuna.samplers.RandomSampler(seed=seed)
    return optuna.create_study(direction="maximize", sampler=sampler)


def _tell_known(study: optuna.Study, entry: Entry, space: Space) -> None:
    import optuna

    family = entry.point["family"]
    distributions = {
        "family": optuna.distributions.CategoricalDistribution(list(space)),
        **{key: _distribution(found) for key, found in space[family].items()},
    }
    study.add_trial(
        optuna.trial.create_trial(
            params=_written(entry.point),
            distributions=distributions,
            value=entry.score,
            state=_state(failed=entry.score is None),
        )
    )


def _written(point: Point) -> dict[str, Any]:
    return {key: as_choice(value) for key, value in point.items()}


def _distribution(found: Range) -> optuna.distributions.BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if isinstance(found, OneOf):
        return CategoricalDistribution([as_choice(value) for value in found.values])
    return FloatDistribution(found.low, found.high, log=isinstance(found, LogUniform))


def _state(*, failed: bool) -> optuna.trial.TrialState:
    from optuna.trial import TrialState

    return TrialState.FAIL if failed else TrialState.COMPLETE
