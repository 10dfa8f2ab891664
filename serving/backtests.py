"""Trades the strategy, with a visitor's settings, on what a version said of sessions that it never learned from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl
from pydantic import ValidationError

from ml_core.data.order import Order
from ml_core.data.prices import read_benchmark
from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.home.telling import Tell
from ml_core.portfolio.opening import horizon_of, market_of
from ml_core.registry.seats import REFERENCE, seat_of
from ml_core.spec.file import explain
from ml_core.spec.strategy import Strategy
from serving.champion import Served
from serving.judged import is_judged, pays, tell_judged, tell_traded
from serving.reckoning import KeptReckonings, Reckoning, reckon
from serving.unseen import UnseenSessions

ROOM = 64 * 2**20  # bytes of all accounts that are kept


def quiet(_text: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class BacktestSettings:
    """What a visitor asks for: fields of [strategy] that differ from the experiment's, and a span of time. `fields`:
    what its two days are called where they were asked for."""

    changed: dict[str, Any] = field(default_factory=dict)
    start: dt.date | None = None
    end: dt.date | None = None
    fields: tuple[str, str] = ("start_date", "end_date")

    @property
    def name(self) -> str:
        """Alike for alike settings."""
        return f"{sorted(self.changed.items())} {self.start} {self.end}"


@dataclass(frozen=True)
class Backtested:
    """`first` and `last`: the sessions that may be asked for. `trials`: those before the version was chosen, and the
    visitor's own. `proven`: that trading with these settings pays; `judged` says it in a sentence."""

    reckoning: Reckoning
    strategy: Strategy
    told: str
    first: dt.date
    last: dt.date
    trials: int
    proven: bool
    judged: str


class Backtests:
    """Keeps what came of each setting: of a visitor who has tried more since, only the Sharpe is deflated anew."""

    def __init__(self, order: Order, unseen: UnseenSessions) -> None:
        self._order, self._unseen, self._reckoned = order, unseen, KeptReckonings(ROOM)

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
        forecasts = self._unseen.forecasts(served)
        first, last = forecasts["as_of"].min(), forecasts["as_of"].max()
        assert isinstance(first, dt.date) and isinstance(last, dt.date)
        rows = _between(forecasts, settings, first, last)
        before = version.evidence.backtest.trials or version.evidence.search.trials or 1
        trials = before + tried - 1

        def trade() -> Reckoning:
            asked = experiment.model_copy(update={"strategy": strategy})
            market = market_of(asked, served.prices, read_benchmark(asked, self._order.home))
            tell("trading what it said, beside accounts that need no forecast")
            came = self._unseen.outcomes(served)
            return reckon(rows, came, strategy, market, horizon=horizon_of(asked))

        reckoning = self._reckoned.find((served.stamp, settings.name), trade)
        reckoning = replace(reckoning, comparison=reckoning.comparison.chosen_among(trials))
        own = is_judged(strategy, experiment.strategy, forecasts)
        proven = own and pays(version)
        judged = tell_judged(judged=own, proven=proven)
        told = tell_traded(rows, version)
        return Backtested(reckoning, strategy, told, first, last, trials, proven, judged)


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
    begin_field, end_field = settings.fields
    if start > end:
        raise InvalidInput(
            f"{begin_field}, {end_field}: from {start} to {end}: the first day is after the last"
        )
    if start < first:
        raise InvalidInput(
            f"{begin_field}: the model learned from what lies before {first}; expected a day from {first} on, got "
            f"{start}"
        )
    if end > last:
        raise InvalidInput(
            f"{end_field}: no session after {last} is stored; expected a day up to {last}, got {end}"
        )
    rows = forecasts.filter(pl.col("as_of").is_between(start, end))
    if rows.is_empty():
        raise NotEnoughData(
            f"{begin_field}, {end_field}: no session from {start} to {end}; forecasts go from {first} to {last}"
        )
    return rows
