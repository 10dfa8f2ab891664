"""The experiments that one server answers for, each by its name. Where none is named the first is meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field

from ml_core.data.order import place_order
from ml_core.errors import ForecastError
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import read_experiment, require_names
from serving.hints import Hints
from serving.messages import Message
from serving.service import Service


class ServedExperiment(Message):
    """One of them."""

    name: str = Field(description="What `?experiment=` takes.")
    first: bool = Field(description="Whether it answers where none is named.")
    status: Literal["ok", "old", "degraded", "waiting", "closed"] = Field(
        description="As /health tells it; closed: it cannot be opened."
    )
    why: str | None = Field(description="What keeps it from being as it should.")


class ServedExperiments(Message):
    """In the order in which the server was asked for them."""

    experiments: list[ServedExperiment]


@dataclass(frozen=True)
class Experiments:
    """Those that are `opened`, and of each that is `closed`, why. `asked`: the names of all, in their order."""

    opened: Mapping[str, Service]
    closed: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[str, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        return self.asked or tuple(self.opened)

    @property
    def first(self) -> str:
        return self.names[0]

    @property
    def several(self) -> bool:
        return len(self.names) > 1

    def tell(self) -> ServedExperiments:
        return ServedExperiments(experiments=[self._tell(name) for name in self.names])

    def _tell(self, name: str) -> ServedExperiment:
        first = name == self.first
        if name in self.closed:
            return ServedExperiment(name=name, first=first, status="closed", why=self.closed[name])
        health = self.opened[name].health()
        why = health.failure or health.old or health.old_model
        return ServedExperiment(name=name, first=first, status=health.status, why=why)


def open_experiments(
    asked: Sequence[str],
    overrides: tuple[str, ...],
    home: Home,
    *,
    elsewhere: bool,
    read: Mapping[str, Experiment],
) -> Experiments:
    """Each by itself: one that cannot be opened leaves the others as they are. If none can, the first one's reason is
    the reason. `elsewhere`: whether readers may sit at another machine; `read`: those that whoever started the server
    has read."""
    names: dict[str, str] = {}
    opened: dict[str, Service] = {}
    failures: dict[str, ForecastError] = {}
    for given in asked:
        name = Path(given).stem
        try:
            experiment = read.get(given) or read_experiment(given, overrides)
            name = experiment.name
            opened[name] = _open(experiment, home, Hints(given, home, overrides, elsewhere=elsewhere))
        except ForecastError as error:
            failures[given] = error
        names[given] = name
    require_names(names)
    if not opened:
        raise next(iter(failures.values()))
    closed = {
        names[given]: Hints(given, home, overrides, elsewhere=elsewhere).tell(str(error))
        for given, error in failures.items()
    }
    return Experiments(opened, closed, tuple(names.values()))


def _open(experiment: Experiment, home: Home, hints: Hints) -> Service:
    return Service(place_order(experiment, home), clock=lambda: dt.datetime.now(dt.UTC), hints=hints)
