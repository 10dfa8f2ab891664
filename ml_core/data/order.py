"""Reads an experiment and its store once per run and hands them on, so that a file edited meanwhile cannot mix two
experiments in one run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ml_core.data.source import Source
from ml_core.data.store.store import Store, open_store
from ml_core.home.lock import hold
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment

REFRESH_WAIT = (
    600.0  # seconds: another refresh of the same experiment ends within them, or something is wrong
)


@dataclass(frozen=True)
class Order:
    """The experiment as its file was read at the start, and what is kept of its source."""

    experiment: Experiment
    store: Store

    @property
    def name(self) -> str:
        """Under which its models are registered and its forecasts stored."""
        return self.experiment.model_name

    @property
    def home(self) -> Home:
        """Where its state lies."""
        return self.store.home

    @property
    def source(self) -> Source:
        """Where its bars come from."""
        return self.store.source

    def lock_name(self, verb: str) -> str:
        """Two runs of this verb on this experiment and home exclude each other, whoever started them."""
        return f"{verb}-{self.name}"

    @contextmanager
    def alone(self, verb: str, *, wait: float = 0.0) -> Iterator[None]:
        """While inside, no other command or flow runs this verb on this experiment under this home."""
        with hold(self.home, self.lock_name(verb), wait=wait):
            yield


def place_order(experiment: Experiment, home: Home) -> Order:
    """An unknown source, or an unknown option of it, is refused."""
    return Order(experiment, open_store(experiment, home))
