"""Trades the strategy, with a visitor's settings, on what a version said of sessions that it never learned from."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from pydantic import ValidationError

from ml_core.data.order import Order
from ml_core.data.prices import read_benchmark
from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.portfolio.attribution import ReturnAttribution, attribute_strategy
from ml_core.portfolio.comparison import Comparison, compare
from ml_core.portfolio.legs import hold_of
from ml_core.portfolio.opening import horizon_of, market_of
from ml_core.prediction.succession import load_succession, predict_succession
from ml_core.registry.seats import REFERENCE, seat_of, tell_seat
from ml_core.registry.versions import Registry
from ml_core.spec.file import explain
from ml_core.spec.strategy import Strategy
from serving.champion import Served

Tell = Callable[[str], None]
KEPT = 4  # versions whose forecasts are kept
ROOM = 64 * 2**20  # bytes of all accounts that are kept


def quiet(_text: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class BacktestSettings:
    """What a visitor asks for: fields of [strategy] that differ from the experiment's, and a span of time."""

    changed: dict[str, Any] = field(default_factory=dict)
    start: dt.date | None = None
    end: dt.date | None = None

    @property
    def name(self) -> str:
        """Alike for alike settings."""
        return f"{sorted(self.changed.items())} {self.start} {self.end}"


@dataclass(frozen=True)
class Backtested:
    """`first` and `last`: the sessions that may be asked for. `trials`: those before the version was chosen, and the
    visitor's own."""

    comparison: Comparison
    origins: ReturnAttribution
    strategy: Strategy
    told: str
    first: dt.date
    last: dt.date
    trials: int
    proven: bool


class Backtests:
    """Keeps the forecasts, which take longest, and what came of each setting: of a visitor who has tried more since,
    only the Sharpe is deflated anew."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._traded = KeptBacktests(ROOM)
        self._forecasts: OrderedDict[tuple[str, int], pl.DataFrame] = OrderedDict()
        self._computing = threading.Lock()

    def run(
        self, served: Served, settings: BacktestSettings, *, tried: int = 1, tell: Tell = quiet
    ) -> Backtested:
        """`tried`: how many settings this visitor has tried, this one among them. `tell` hears what is being done."""
        version, experiment = served.version, self._order.experiment
        if seat_of(version) == REFERENCE or version.evidence.role == "reference":
            raise InvalidInput(
                "the reference says no direction, so there is nothing to trade; choose another model, or look for one: "
                f"run: candorcast search {experiment.name}"
            )
        strategy = _change(experiment.strategy, settings.changed)
        tell("asking the model for every session that it never learned from")
        forecasts = self.unseen(served)
        first, last = forecasts["as_of"].min(), forecasts["as_of"].max()
        assert isinstance(first, dt.date) and isinstance(last, dt.date)
        before = version.evidence.backtest.trials or version.evidence.search.trials or 1
        trials = before + tried - 1

        def trade() -> tuple[Comparison, ReturnAttribution]:
            rows = _between(forecasts, settings, first, last)
            asked = experiment.model_copy(update={"strategy": strategy})
            market = market_of(asked, served.prices, read_benchmark(asked, self._order.home))
            tell("trading what it said, beside accounts that need no forecast")
            horizon = horizon_of(asked)
            compared = compare(rows, strategy, market, horizon=horizon)
            return compared, attribute_strategy(compared, market, hold=hold_of(strategy, horizon=horizon))

        compared, origins = self._traded.find((served.stamp, settings.name), trade)
        proven = any(one.claim == "money" and one.proven for one in version.evidence.claims)
        told = f"version {version.version}, {tell_seat(version)}"
        return Backtested(compared.chosen_among(trials), origins, strategy, told, first, last, trials, proven)

    def unseen(self, served: Served) -> pl.DataFrame:
        """What it said of all sessions from its holdout on; of a refit, by whom it was fitted again from."""
        with self._computing:
            if served.stamp not in self._forecasts:
                registry, last = Registry(self._order.home), served.prices["date"].max()
                assert isinstance(last, dt.date)
                line = load_succession(registry, served.version, served.forecaster, since=dt.date.min)
                rows = predict_succession(line, served.prices, since=line[0][0], as_of=last)
                self._forecasts[served.stamp] = rows.filter(
                    pl.col("mean").is_not_null() & pl.col("mean").is_not_nan()
                )
            self._forecasts.move_to_end(served.stamp)
            while len(self._forecasts) > KEPT:
                self._forecasts.popitem(last=False)
            return self._forecasts[served.stamp]


class KeptBacktests:
    """What came of settings, by whose forecasts on which version of the data; the oldest go where there are too many
    for `room` bytes."""

    def __init__(self, room: int) -> None:
        self._room, self._guard = room, threading.Lock()
        self._kept: OrderedDict[tuple[tuple[str, int], str], tuple[Comparison, ReturnAttribution]] = (
            OrderedDict()
        )

    def find(
        self, key: tuple[tuple[str, int], str], trade: Callable[[], tuple[Comparison, ReturnAttribution]]
    ) -> tuple[Comparison, ReturnAttribution]:
        with self._guard:
            if found := self._kept.get(key):
                self._kept.move_to_end(key)
                return found
        made = trade()
        with self._guard:
            self._kept[key] = made
            while len(self._kept) > 1 and sum(_size(kept) for kept, _ in self._kept.values()) > self._room:
                self._kept.popitem(last=False)
        return made


def _size(comparison: Comparison) -> float:
    return sum(
        table.estimated_size() for table in (comparison.positions, comparison.backtest, comparison.accounts)
    )


def _change(strategy: Strategy, changed: dict[str, Any]) -> Strategy:
    try:
        return Strategy.model_validate({**strategy.model_dump(exclude_unset=True), **changed})
    except ValidationError as error:
        problem = error.errors()[0]
        of_a_key = problem["loc"] and problem["type"] != "extra_forbidden"
        raise InvalidInput(
            f"strategy{'.' if of_a_key else ': '}{explain(error, Strategy, at='strategy')}"
        ) from None


def _between(
    forecasts: pl.DataFrame, settings: BacktestSettings, first: dt.date, last: dt.date
) -> pl.DataFrame:
    start, end = settings.start or first, settings.end or last
    if start > end:
        raise InvalidInput(f"from {start} to {end}: the first day is after the last")
    if start < first:
        raise InvalidInput(
            f"from {start}: the model learned from what lies before {first}; expected a day from {first} on"
        )
    rows = forecasts.filter(pl.col("as_of").is_between(start, end))
    if rows.is_empty():
        raise NotEnoughData(f"no forecast from {start} to {end}: they go from {first} to {last}")
    return rows
