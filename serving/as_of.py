"""Answers what was known and what is forecast on a past date, by who sat in the seat then and from the bars that were
stored then, and keeps the answers for a while."""

import datetime as dt
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from ml_core.data.order import Order
from ml_core.data.past import Then, read_then
from ml_core.data.prices import read_prices
from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.explain.subject import Scene, open_scene
from ml_core.portfolio.conviction import MEASURED
from ml_core.prediction.answer import Clock, tell_closed, tell_past
from ml_core.prediction.reasons import tell_early
from ml_core.prediction.succession import predict_succession
from ml_core.registry.history import Stood
from serving.champion import Served

KEPT = 64  # answers, of no more than so many who answered: each answer holds its model
HOLDERS = 4


@dataclass(frozen=True)
class AsOf:
    """One date seen by one `Served`: the prices known then, of which version of the store, and the forecast of every
    ticker. `told`: what else a reader has to know of it."""

    served: Served
    prices: pl.DataFrame
    table: pl.DataFrame
    as_of: dt.date
    data_version: int
    told: tuple[str, ...] = ()

    @cached_property
    def close(self) -> dict[str, float]:
        """The last close of each ticker, as traded."""
        rows = self.prices.sort("ticker", "date").group_by("ticker")
        return dict(rows.agg((pl.col("close") / pl.col("factor")).last()).iter_rows())

    @cached_property
    def recent(self) -> pl.DataFrame:
        """The forecasts of a year of sessions up to this one, each by who had not learned from it: what a usual
        conviction is."""
        sessions = self.prices.filter(pl.col("date") <= self.as_of)["date"].unique().sort()
        since = sessions.tail(MEASURED)[0]
        return predict_succession(self.served.succession, self.prices, as_of=self.as_of, since=since)

    @cached_property
    def scene(self) -> Scene:
        """What an explanation of any of these forecasts is made from."""
        return open_scene(self.served.forecaster, self.prices, as_of=self.as_of, table=self.table)

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

    def at(
        self,
        served: Served,
        date: dt.date | None,
        *,
        stranger: str | None = None,
        then: bool = True,
        field: str = "date",
    ) -> AsOf:
        """The last session, or the last one up to a date; a stranger is a ticker outside the universe. `then`: whether
        this one sat there on that date, or was asked for. `field`: what the date is called where it was asked for."""
        if date is None and stranger is None:
            return self._of_today(served)
        if date and date > self._clock().date():
            raise InvalidInput(
                f"{field}: {date} lies in the future; expected a past day, or none for the last session"
            )
        key = (*served.stamp, date, stranger, then)
        with self._computing:
            if key not in self._kept:
                self._kept[key] = self._compute(served, date, stranger, then, field)
            self._kept.move_to_end(key)
            self._let_go()
            kept = self._kept[key]
            return kept if kept.served is served else replace(kept, served=served)

    def _let_go(self) -> None:
        """What was not asked for the longest time, and all of whom nobody has asked since several others."""
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        holders = dict.fromkeys(kept.served.stamp for kept in reversed(self._kept.values()))
        late = set(list(holders)[HOLDERS:])
        for key in [key for key, kept in self._kept.items() if kept.served.stamp in late]:
            del self._kept[key]

    def _of_today(self, served: Served) -> AsOf:
        latest = self._latest
        if latest is None or latest.served is not served:
            latest = self._latest = _as_of(served, served.prices, served.latest, served.data_version)
        return latest

    def _compute(
        self, served: Served, date: dt.date | None, stranger: str | None, sat: bool, field: str
    ) -> AsOf:
        if date and date < min(served.prices["date"]):
            raise NotEnoughData(f"{field}: {tell_early(served.forecaster, served.prices, date)}")
        universe = self._order.experiment.universe
        tickers = (*universe.tickers, stranger) if stranger else universe.tickers
        wider = universe.model_copy(update={"tickers": tickers})
        asked, home = self._order.experiment.model_copy(update={"universe": wider}), self._order.home
        if date is None:
            then = Then(read_prices(asked, home, version=served.data_version), served.data_version)
        else:
            own = served.version.evidence.tickers
            then = read_then(asked, home, date, tickers=(*own, stranger) if stranger else own)
        prices = then.prices
        table = served.forecaster.predict(prices, as_of=date)
        if table.is_empty():
            early = date and tell_early(served.forecaster, served.prices, date)
            raise NotEnoughData(f"{field}: {early}" if early else f"no forecast of {stranger} on that day")
        closed = tell_closed(date, max(table["as_of"]))
        told = (*tell_past(Stood(served.version, sat), then), *closed)
        return _as_of(served, prices, table, then.version, told)


def _as_of(
    served: Served, prices: pl.DataFrame, table: pl.DataFrame, data: int, told: tuple[str, ...] = ()
) -> AsOf:
    return AsOf(served, prices, table, max(table["as_of"]), data, told)
