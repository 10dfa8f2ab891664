"""The question of one refresh: which bars are wanted, and what the store held of them when the refresh began."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from ml_core.data.calendar import last_closed_session, last_session_until
from ml_core.data.providers import Request
from ml_core.data.source import Source
from ml_core.data.store.bars import StoredSpans
from ml_core.data.store.store import Store
from ml_core.spec.experiment import Experiment


@dataclass(frozen=True)
class Inquiry:
    """`request`: the bars that are wanted, as if none were stored. What the store holds is read once, when it is first
    looked at, and that is before anything is written."""

    store: Store
    request: Request

    @property
    def source(self) -> Source:
        return self.store.source

    @property
    def tickers(self) -> tuple[str, ...]:
        return self.request.tickers

    @property
    def now(self) -> dt.datetime:
        return self.request.now

    @property
    def today(self) -> dt.date:
        return self.request.now.date()

    @cached_property
    def last_session(self) -> dt.date | None:
        """The last one that has closed; None where the exchange is not known."""
        return last_closed_session(self.request.calendar, self.now, almanac=self.request.almanac)

    @property
    def closed(self) -> dt.date:
        """No bar of a later day is taken."""
        return self.last_session or self.today

    @cached_property
    def last_wanted(self) -> dt.date:
        """Whose bar of this day is stored lacks nothing. It is a session, where the exchange is known."""
        end = self.request.end
        if end is None or end >= self.closed:
            return self.closed
        return last_session_until(self.request.calendar, end, almanac=self.request.almanac)

    @cached_property
    def answers(self) -> pl.DataFrame:
        """ANSWERS to the refreshes before."""
        return self.store.answers.read()

    @cached_property
    def answered(self) -> Mapping[str, Mapping[str, Any]]:
        """The same, by ticker."""
        return {row["ticker"]: row for row in self.answers.iter_rows(named=True)}

    @cached_property
    def spans(self) -> StoredSpans:
        """What was stored of each ticker."""
        return self.store.bars.spans()

    @cached_property
    def rejudged(self) -> frozenset[str]:
        """Tickers whose bars were last checked by other settings: what was refused may be right now, or the reverse."""
        answered = self.answers.filter(pl.col("asked_from").is_not_null())
        known = dict(answered.select("ticker", pl.col("judged_by").fill_null("")).iter_rows())
        judgements = self.source.quality.judgements(self.tickers)
        return frozenset(ticker for ticker, how in judgements.items() if known.get(ticker, how) != how)


def open_inquiry(experiment: Experiment, store: Store, *, now: dt.datetime, session: Any = None) -> Inquiry:
    """Of the universe, its benchmark and the series of its context."""
    universe, data = experiment.universe, experiment.data
    beside = (universe.benchmark, *store.source.context.series)
    tickers = tuple(dict.fromkeys([*universe.tickers, *(name for name in beside if name)]))
    request = Request(
        tickers,
        universe.sectors,
        universe.calendar,
        data.start,
        data.end,
        now,
        cache=store.cache,
        session=session,
        almanac=store.almanac,
    )
    return Inquiry(store, request)
