"""What every rule says that drops trials before they are through, and how Tune asks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ray.tune.schedulers import FIFOScheduler, TrialScheduler

from ml_core.registry.trials import Trial
from tuning.turns import Result


class Pruner(Protocol):
    """Told of trials by name. A trial is compared with those that were settled when it began, and with no other."""

    def begin(self, trial: str, /) -> None: ...

    def drops(self, trial: str, result: Mapping[str, Any], /) -> bool:
        """Whether a trial that reports this is dropped."""
        ...

    def settle(self, trial: str, result: Result, /) -> float | None:
        """It is over, and those that begin from now on face it; what a sampler is told of it."""
        ...

    def value_of(self, trial: Trial, /) -> float | None:
        """What a sampler is told of one that an earlier run ended."""
        ...


class Lenient:
    """Drops nobody."""

    def begin(self, *_: Any) -> None:
        pass

    def drops(self, *_: Any) -> bool:
        return False

    def settle(self, *told: Any) -> float | None:
        _, result = told
        return best_of(result)

    def value_of(self, trial: Trial) -> float | None:
        return trial.score


def best_of(result: Result) -> float | None:
    """The score on validation of the weights that a trial kept."""
    return (result or {}).get("best")


class Pruning(FIFOScheduler):
    """Tune's scheduler of a rule."""

    def __init__(self, pruner: Pruner) -> None:
        super().__init__()
        self._pruner = pruner

    def on_trial_result(self, *told: Any, **_: Any) -> str:
        """Told are the controller, the trial and its result."""
        _, trial, result = told
        dropped = self._pruner.drops(trial.trial_id, result) and not result.get("finished")
        return TrialScheduler.STOP if dropped else TrialScheduler.CONTINUE
