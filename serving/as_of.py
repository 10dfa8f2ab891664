"""Answers what was known and what is forecast on a past date with the served model, and keeps the answers for a
while."""

import datetime as dt
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from ml_core.data.order import Order
from ml_core.data.prices import read_prices
from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.portfolio.conviction import MEASURED
from serving.champion import Clock, Served

KEPT = 64


@dataclass(frozen=True)
class AsOf:
    """One date seen by one `Served`: the prices known then and the forecast of every ticker."""

    served: Served
    prices: pl.DataFrame
    table: pl.DataFrame
    as_of: dt.date

    @cached_property
    def close(self) -> dict[str, float]:
        """The last close of each ticker, as traded."""
        rows = self.prices.sort("ticker", "date").group_by("ticker")
        return dict(rows.agg((pl.col("close") / pl.col("factor")).last()).iter_rows())

    @cached_property
    def recent(self) -> pl.DataFrame:
        """The forecasts of a year of sessions up to this one: what a usual conviction is."""
        sessions = self.prices.filter(pl.col("date") <= self.as_of)["date"].unique().sort()
        since = sessions.tail(MEASURED)[0]
        return self.served.forecaster.predict(self.prices, as_of=self.as_of, since=since)

    @property
    def learned(self) -> bool:
        """Whether the model was fitted or calibrated on this date."""
        return self.as_of < self.served.version.evidence.unseen


class PastAnswers:
    """Past dates and strangers are computed one at a time, each once."""

    def __init__(self, order: Order, clock: Clock) -> None:
        self._order, self._clock = order, clock
        self._kept: OrderedDict[tuple, AsOf] = OrderedDict()
        self._computing = threading.Lock()
        self._latest: AsOf | None = None

    def at(self, served: Served, date: dt.date | None, *, stranger: str | None = None) -> AsOf:
        """The last session, or the last one up to a date; a stranger is a ticker outside the universe."""
        if date is None and stranger is None:
            return self._of_today(served)
        if date and date > self._clock().date():
            raise InvalidInput(
                f"date: {date} lies in the future; expected a past day, or none for the last session"
            )
        key = (*served.stamp, date, stranger)
        with self._computing:
            if key not in self._kept:
                self._kept[key] = self._compute(served, date, stranger)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            kept = self._kept[key]
            return kept if kept.served is served else replace(kept, served=served)

    def _of_today(self, served: Served) -> AsOf:
        latest = self._latest
        if latest is None or latest.served is not served:
            latest = self._latest = _as_of(served, served.prices, served.latest)
        return latest

    def _compute(self, served: Served, date: dt.date | None, stranger: str | None) -> AsOf:
        first = min(served.prices["date"])
        if date and date < first:
            raise NotEnoughData(f"date: no prices up to {date}; the first session is {first}")
        universe = self._order.experiment.universe
        tickers = (*universe.tickers, stranger) if stranger else universe.tickers
        wider = universe.model_copy(update={"tickers": tickers})
        prices = read_prices(
            self._order.experiment.model_copy(update={"universe": wider}),
            self._order.home,
            until=date,
            version=served.data_version,
        )
        table = served.forecaster.predict(prices, as_of=date)
        if table.is_empty():
            raise NotEnoughData(
                f"date: too little history up to {date} for a forecast; the first session is {first}"
            )
        return _as_of(served, prices, table)


def _as_of(served: Served, prices: pl.DataFrame, table: pl.DataFrame) -> AsOf:
    return AsOf(served, prices, table, max(table["as_of"]))
