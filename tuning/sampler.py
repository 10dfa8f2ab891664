"""Lets Optuna choose the params that Tune tries: it is told what earlier trials scored, and each new score when its
turn has come."""

from __future__ import annotations

import json
import random
import warnings
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ray.tune.search import Searcher

from ml_core.registry.trials import Params, Trial
from ml_core.spec.experiment import Search
from ml_core.spec.ranges import LogUniform, OneOf, Range
from tuning.points import as_choice, suggest
from tuning.pruner import Pruner
from tuning.space import Space, holds
from tuning.turns import Result, Turns

if TYPE_CHECKING:
    import optuna

T = TypeVar("T")
ATTEMPTS = 50  # at params that were not tried yet
# A study chooses the slower the more it knows: after 20,000 trials a choice would take seconds. TPE goes by the best 25
# and by how the others lie. So a study of so many trials makes room for one of its best and of others by lot.
MOST, BEST, OTHERS = 800, 50, 350


class OptunaSampler(Searcher):
    """Asks a study for params. Earlier trials are told to it, so that a resumed search goes on from them."""

    def __init__(
        self,
        search: Search,
        space: Space,
        *,
        queue: Sequence[Params],
        known: Sequence[Trial],
        pruner: Pruner,
        lag: int,
    ) -> None:
        super().__init__(metric="score", mode="max")
        self._space, self._open, self._pruner, self._turns = space, {}, pruner, Turns(lag)
        scores = {trial.id: pruner.value_of(trial) for trial in known}
        self._tried = {_key(_written(trial.params)): scores[trial.id] for trial in known}
        self._queue, self._lot = deque(queue), random.Random(search.seed)
        self._study = _create_study(search, seed=search.seed + len(known))
        own = [one for one in known if holds(space, one.params)]  # ranges may have changed since
        for trial in _choose(own, lambda trial: scores[trial.id], self._lot):
            tell_known(self._study, trial, space, score=scores[trial.id])

    def suggest(self, trial_id: str) -> Any:
        """Params that were not tried: the same ones would score the same. None while the trial may not begin yet; a
        search with nothing left to try is over."""
        if self._turns.must_wait:
            return None
        for name, result in self._turns.due():
            self._tell(name, result)
        self._make_room()
        for _ in range(ATTEMPTS):
            if self._queue:
                self._study.enqueue_trial(_written(self._queue.popleft()))
            asked = self._study.ask()
            params = suggest(asked, self._space)
            key = _key(asked.params)
            if key not in self._tried:
                self._tried[key] = None
                self._open[trial_id] = self._study, asked
                self._turns.begin(trial_id)
                self._pruner.begin(trial_id)
                return params
            score = self._tried[key]
            self._study.tell(asked, score, state=_state(failed=score is None))
        return Searcher.FINISHED

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        failed = error or "failed" in (result or {})
        self._turns.end(trial_id, None if failed else result)

    def _tell(self, trial_id: str, result: Result) -> None:
        """Its turn has come to be known."""
        study, asked = self._open.pop(trial_id)
        score = self._pruner.settle(trial_id, result)
        self._tried[_key(asked.params)] = score
        if study is self._study:
            study.tell(asked, score, state=_state(failed=score is None))
        elif score is not None:  # asked before the study made room
            self._study.add_trial(_ended(asked.params, asked.distributions, score))

    def _make_room(self) -> None:
        """The next study goes on with the same sampler; what is still open is told to it in its turn."""
        import optuna

        if len(self._study.get_trials(deepcopy=False)) < MOST:
            return
        scored = self._study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
        study = optuna.create_study(direction="maximize", sampler=self._study.sampler)
        study.add_trials(_choose(scored, lambda trial: trial.value, self._lot))
        self._study = study

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the ledger is what a search resumes from."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: see `save`."""


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
    study.add_trial(_ended(_written(trial.params), distributions, score))


def _ended(params: Params, distributions: Mapping[str, Any], score: float | None) -> optuna.trial.FrozenTrial:
    import optuna

    return optuna.trial.create_trial(
        params=dict(params),
        distributions=dict(distributions),
        value=score,
        state=_state(failed=score is None),
    )


def _choose(trials: Sequence[T], score_of: Callable[[T], float | None], lot: random.Random) -> list[T]:
    """All of them, or the best and some others by lot, in the order that they had."""
    if len(trials) <= BEST + OTHERS:
        return list(trials)
    scored = [(score, place) for place, one in enumerate(trials) if (score := score_of(one)) is not None]
    scored.sort(reverse=True)
    others = scored[BEST:]
    chosen = scored[:BEST] + lot.sample(others, min(OTHERS, len(others)))
    return [trials[place] for place in sorted(place for _, place in chosen)]


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
