"""Reads what the newest search of an experiment has tried so far, and the account of it, once a version was chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isclose, nan
from typing import Any

from ml_core.data.order import Order
from ml_core.errors import InvalidInput
from ml_core.home.lock import holder
from ml_core.registry.archive import read_archive
from ml_core.registry.searched import Searched, TrialRow
from ml_core.registry.trials import Trial
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry


@dataclass(frozen=True)
class NewestSearch:
    """`trials`: those that ended, the best first. `running`: whether one searches now. `version`: the one that was
    chosen from these very trials."""

    name: str
    objective: str
    asked: int
    trials: tuple[Trial, ...]
    running: bool = False
    version: ModelVersion | None = None

    @property
    def account(self) -> Searched | None:
        """What the search came to; a search that goes on has none yet."""
        return self.version.evidence.search if self.version else None

    @cached_property
    def ranked(self) -> list[TrialRow]:
        """The finished ones, the best first: by what each will do again, where that was reckoned, else by what it
        did."""
        finished = [trial for trial in self.trials if trial.test_score is not None]
        places = {row.trial: place for place, row in enumerate(self.account.head)} if self.account else {}
        told = {row.trial: row for row in self.account.head} if self.account else {}
        rows = sorted(finished, key=lambda trial: places.get(trial.id, len(places)))
        return [told.get(trial.id) or _row_of(trial) for trial in rows]

    def count(self, status: str) -> int:
        return sum(trial.status == status for trial in self.trials)

    def most_telling(self, most: int) -> tuple[str, list[str]]:
        """The family that most trials have, and so many of its keys of several values: the most important first, where
        that is known."""
        families = Counter(str(trial.params.get("family")) for trial in self.trials)
        if not families:
            return "", []
        family = families.most_common(1)[0][0]
        params = [trial.params for trial in self.trials if trial.params.get("family") == family]
        varied = [
            key for key in params[0] if key != "family" and len({str(one.get(key)) for one in params}) > 1
        ]
        keys = self.account.keys if self.account else ()
        weighed = [key.key for key in keys if key.family == family and key.key in varied]
        return family, [*weighed, *(key for key in varied if key not in weighed)][:most]


def newest_search(order: Order) -> NewestSearch:
    """The one that went on last. Where nothing was searched yet, the command that does is told."""
    running = holder(order.home, order.lock_name("search")) is not None
    kept = next(iter(read_archive(order.home, order.name, streams=False)), None)
    search = order.experiment.search
    if kept is None and not running:
        name = order.experiment.name
        raise InvalidInput(f"no trial was run for {name} yet; run: candorcast search {name}")
    if kept is None:
        return NewestSearch("", search.objective, search.trials, (), running=True)
    version = _chosen_from(Registry(order.home).versions(order.name), kept.trials)
    return NewestSearch(
        kept.search, search.objective, search.trials, tuple(kept.trials), running=running, version=version
    )


def curve_of(trial: Trial) -> list[float]:
    """The validation score of each epoch; in a race, of its first fold."""
    return [row["score"] for row in trial.history if row.get("fold", 1) == 1]


def tell_params(params: Mapping[str, Any]) -> str:
    """`hidden 32, learning rate 0.00123`."""
    own = {key: value for key, value in params.items() if key != "family"}
    return ", ".join(f"{tell_key(key)} {tell_value(value)}" for key, value in own.items())


def tell_key(key: str) -> str:
    """`training.learning_rate` as people say it."""
    return key.rpartition(".")[2].replace("_", " ")


def tell_value(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _row_of(trial: Trial) -> TrialRow:
    return TrialRow(
        trial=trial.id,
        status=trial.status,
        family=trial.params.get("family"),
        epochs=len(trial.history),
        validation=trial.score,
        test=trial.test_score,
        seconds=trial.seconds,
        params={key: value for key, value in trial.params.items() if key != "family"},
    )


def _chosen_from(versions: Sequence[ModelVersion], trials: Sequence[Trial]) -> ModelVersion | None:
    """The newest version whose search ended with these trials, no more and no less."""
    scores = {trial.id: trial.test_score for trial in trials}
    for version in versions:
        if not version.readable or version.evidence.role != "candidate":
            continue
        search = version.evidence.search
        first = next(iter(search.head), None)
        if (
            first
            and search.trials == len(trials)
            and isclose(first.test or nan, scores.get(first.trial) or nan)
        ):
            return version
    return None
