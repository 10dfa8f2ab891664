"""Looks after what is served: a champion with the prices it reads, swapped as one when something better stands."""

import datetime as dt
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from ml_core.data.order import Order
from ml_core.data.prices import data_version, read_prices
from ml_core.errors import ForecastError, InvalidInput
from ml_core.forecaster.forecaster import Forecaster
from ml_core.prediction.answer import forecast
from ml_core.registry.versions import ModelVersion, Registry

Clock = Callable[[], dt.datetime]
RETRY = dt.timedelta(seconds=60)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Served:
    """All that an answer needs. One request reads one of these, so it never mixes two models or two tables."""

    version: ModelVersion
    forecaster: Forecaster
    data_version: int
    prices: pl.DataFrame
    latest: pl.DataFrame

    @property
    def stamp(self) -> tuple[str, int]:
        return self.version.version, self.data_version

    @cached_property
    def tickers(self) -> frozenset[str]:
        """Those whose prices are at hand."""
        return frozenset(self.prices["ticker"].unique())


class Champion:
    """The last champion that has proved it answers. Looking is cheap; loading happens only when something moved."""

    def __init__(self, order: Order, clock: Clock) -> None:
        self._order, self._clock = order, clock
        self._looking = threading.Lock()
        self._registry: Registry | None = None
        self._refused: tuple[tuple[str, int], dt.datetime] | None = None
        self.served: Served | None = None
        self.failure: Exception | None = None
        self.checked: dt.datetime | None = None

    def look(self) -> None:
        """Swap if alias or data moved and the new pair answers; otherwise keep what is good and say why."""
        if not self._looking.acquire(blocking=self.served is None):
            return
        try:
            self.served, self.failure = self._find(), None
        except _StillRefused:
            pass
        except Exception as error:  # whatever is wrong with the new one, the old one goes on
            if not isinstance(error, ForecastError):
                log.exception("looking for the champion failed")
            self.failure = error
        finally:
            self.checked = self._clock()
            self._looking.release()

    def find(self, version: str | None) -> ModelVersion:
        """A registered version by number."""
        with self._looking:
            return self._open().find(self._order.name, version)

    def _find(self) -> Served:
        # Bars are asked for first: they are missing before a champion can be.
        data = data_version(self._order.experiment, self._order.home)
        found = self._open().find(self._order.name)
        stamp = (found.version, data)
        if self.served and self.served.stamp == stamp:
            return self.served
        if self._refused and self._refused[0] == stamp and self._clock() < self._refused[1] + RETRY:
            raise _StillRefused
        # Refused until it has been loaded: what is wrong with it is told once, and not loaded again at every look.
        self._refused = (stamp, self._clock())
        served = self._load(found, stamp[1])
        self._refused = None
        return served

    def _load(self, found: ModelVersion, data: int) -> Served:
        same = self.served and self.served.version.version == found.version
        forecaster = self.served.forecaster if self.served and same else self._open().load(found)
        asked, learned = self._order.experiment.task.frequency, forecaster.spec.task.frequency
        if asked != learned:
            raise InvalidInput(
                f"version {found.version} forecasts {learned} prices, the experiment is {asked}"
            )
        experiment = self._order.experiment
        prices = read_prices(experiment, self._order.home, version=data)
        latest, _ = forecast(forecaster, prices, experiment.universe.tickers)
        return Served(found, forecaster, data, prices, latest)

    def _open(self) -> Registry:
        self._registry = self._registry or Registry(self._order.home)
        return self._registry


class _StillRefused(Exception):
    """What failed a moment ago is not tried again yet."""
