"""Looks after what is served: who sits in the seat with the prices it reads, swapped as one when somebody else sits
there; and beside it any other version that is asked for."""

import datetime as dt
import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from ml_core.data.order import Order
from ml_core.data.prices import data_version, read_prices
from ml_core.errors import ForecastError, InvalidInput
from ml_core.forecaster.forecaster import Forecaster
from ml_core.portfolio.conviction import MEASURED
from ml_core.prediction.answer import Clock, forecast
from ml_core.prediction.succession import Succession, load_succession
from ml_core.registry.age import tell_old_model
from ml_core.registry.history import who_stood
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from serving.memory import give_back

RETRY = dt.timedelta(seconds=60)
BESIDE = 4  # other versions that are kept ready

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Served:
    """All that an answer needs. One request reads one of these, so it never mixes two models or two tables."""

    version: ModelVersion
    forecaster: Forecaster
    data_version: int
    prices: pl.DataFrame
    latest: pl.DataFrame
    succession: Succession
    old: str = ""  # that the model is, if it answers and is

    @property
    def stamp(self) -> tuple[str, int]:
        return self.version.version, self.data_version

    @cached_property
    def tickers(self) -> frozenset[str]:
        """Those whose prices are at hand."""
        return frozenset(self.prices["ticker"].unique())

    def choose_horizons(self, asked: Sequence[int] | None, *, key: str = "horizons") -> tuple[int, ...]:
        """Those asked for by that key, or all; one that the model does not know is refused with those it does."""
        known = self.forecaster.spec.task.horizons
        strange = [horizon for horizon in asked or () if horizon not in known]
        if strange:
            raise InvalidInput(
                f"{key}: {strange[0]} is not forecast; expected any of {', '.join(map(str, known))}"
            )
        return tuple(sorted(set(asked))) if asked else known


class Champion:
    """The last champion that has proved it answers. Looking is cheap; loading happens only when something moved."""

    def __init__(self, order: Order, clock: Clock) -> None:
        self._order, self._clock = order, clock
        self._looking = threading.Lock()
        self._registry: Registry | None = None
        self._beside: OrderedDict[tuple[str, int], Served] = OrderedDict()
        self._refused: tuple[tuple[str, int], dt.datetime] | None = None
        self.served: Served | None = None
        self.failure: Exception | None = None
        self.checked: dt.datetime | None = None
        self.swaps = 0  # who answers, or the prices that are read, changed
        self.failed_looks = 0  # what was newer, or registry and store themselves, could not be read or served

    @property
    def starting(self) -> bool:
        """Whether the first look is still under way."""
        return self.checked is None and self._looking.locked()

    def look(self) -> None:
        """Swap if alias or data moved and the new pair answers; otherwise keep what is good and say why."""
        if not self._looking.acquire(blocking=self.served is None):
            return
        try:
            before, self.served = self.served, self._find()
            self.failure = None
            if before is not None and before.stamp != self.served.stamp:
                self.swaps += 1
                give_back()
        except _StillRefused:
            pass
        except Exception as error:  # whatever is wrong with the new one, the old one goes on
            if not isinstance(error, ForecastError):
                log.exception("looking for the champion failed")
            self.failed_looks += 1
            self.failure = error
        finally:
            self.checked = self._clock()
            self._looking.release()

    def find(self, version: str) -> ModelVersion:
        """A registered version by number or seat."""
        with self._looking:
            return self._open().find(self._order.name, version)

    def beside(self, served: Served, version: str) -> Served:
        """That version, by number or seat, on the prices that are served."""
        return self._ready(served, self.find(version))

    def on(self, served: Served, day: dt.date) -> tuple[Served, bool]:
        """Who sat in the seat on that day, under the seat it had; and whether somebody did, or a later one stands
        in."""
        with self._looking:
            stood = who_stood(self._open(), self._order.name, day)
        return self._ready(served, stood.version), stood.then

    def _ready(self, served: Served, registered: ModelVersion) -> Served:
        if registered.version == served.version.version:
            return served
        stamp = (registered.version, served.data_version)
        with self._looking:
            if stamp not in self._beside:
                forecaster = self._open().load(registered)
                self._beside[stamp] = self._answering(
                    registered, forecaster, served.prices, served.data_version
                )
            self._beside.move_to_end(stamp)
            while len(self._beside) > BESIDE:
                self._beside.popitem(last=False)
            kept = self._beside[stamp]
            if kept.version.aliases != registered.aliases:  # another sits there now
                kept = self._beside[stamp] = replace(kept, version=registered)
            return kept

    def _find(self) -> Served:
        # Bars are asked for first: they are missing before a champion can be.
        data = data_version(self._order.experiment, self._order.home)
        registered = self._open().find(self._order.name)
        stamp = (registered.version, data)
        if self.served and self.served.stamp == stamp:
            certified = registered.certificate != self.served.version.certificate
            return replace(self.served, version=registered) if certified else self.served
        if self._refused and self._refused[0] == stamp and self._clock() < self._refused[1] + RETRY:
            raise _StillRefused
        # Refused until it has been loaded: what is wrong with it is told once, and not loaded again at every look.
        self._refused = (stamp, self._clock())
        served = self._load(registered, stamp[1])
        self._refused = None
        return served

    def _load(self, registered: ModelVersion, data: int) -> Served:
        same = self.served and self.served.version.version == registered.version
        forecaster = self.served.forecaster if self.served and same else self._open().load(registered)
        prices = read_prices(self._order.experiment, self._order.home, version=data)
        return self._answering(registered, forecaster, prices, data)

    def _answering(
        self, registered: ModelVersion, forecaster: Forecaster, prices: pl.DataFrame, data: int
    ) -> Served:
        """With its answer for the last session, which it must be able to give."""
        experiment, learned = self._order.experiment, forecaster.spec.task.frequency
        if experiment.task.frequency != learned:
            raise InvalidInput(
                f"version {registered.version} forecasts {learned} prices, "
                f"the experiment is {experiment.task.frequency}"
            )
        latest, _ = forecast(forecaster, prices, experiment.universe.tickers)
        year = prices["date"].unique().sort().tail(MEASURED)[0]
        succession = load_succession(self._open(), registered, forecaster, since=year)
        moves, dates = self._open().moves(self._order.name), prices["date"].unique().to_list()
        old = tell_old_model(experiment, registered, moves, dates)
        return Served(registered, forecaster, data, prices, latest, succession, old)

    def _open(self) -> Registry:
        self._registry = self._registry or Registry(self._order.home)
        return self._registry


class _StillRefused(Exception):
    """What failed a moment ago is not tried again yet."""
