"""Reads the prices of a date of the past as the store held them then: what was corrected since is not known yet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from ml_core.data.prices import data_version, read_prices
from ml_core.data.store.bars import BarTable
from ml_core.data.store.store import open_store
from ml_core.errors import InvalidInput, StoreFailed
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment

CLOSED = dt.timedelta(days=30)  # no exchange was closed for longer


@dataclass(frozen=True)
class Then:
    """PRICES up to a date, and the version of the store that they are of. `kept` is false where the version of then
    is gone, and the newest stands in."""

    prices: pl.DataFrame
    version: int
    kept: bool = True


def read_then(experiment: Experiment, home: Home, day: dt.date, *, tickers: tuple[str, ...] = ()) -> Then:
    """The prices up to that day of the first version of the store that held its session for all of these tickers
    (default: the universe) that have one: what a forecast of that day could first be made from."""
    newest = data_version(experiment, home)
    version = first_version(
        open_store(experiment, home).bars, tickers or experiment.universe.tickers, day, newest
    )
    try:
        return Then(read_prices(experiment, home, until=day, version=version), version)
    except (StoreFailed, InvalidInput):
        if version == newest:
            raise
        return Then(read_prices(experiment, home, until=day, version=newest), newest, kept=False)


def read_now(experiment: Experiment, home: Home, *, until: dt.date | None = None) -> Then:
    """The prices as they stand now, corrected since whatever day they are of."""
    version = data_version(experiment, home)
    return Then(read_prices(experiment, home, until=until, version=version), version)


def newest_session(experiment: Experiment, home: Home) -> dt.date | None:
    """The last stored date of the universe; None where nothing is stored."""
    spans = open_store(experiment, home).bars.spans(experiment.universe.tickers)
    return max((last for _, last, _ in spans.values()), default=None)


def first_version(bars: BarTable, tickers: tuple[str, ...], day: dt.date, newest: int) -> int:
    """The first version with the last session up to that day; the newest where no ticker has one. Found by halves:
    what a version holds, later ones do."""
    tail = bars.read(tickers, since=day - CLOSED, until=day, version=newest)
    if tail.is_empty():
        return newest
    session = tail["date"].max()
    wanted = tuple(tail.filter(pl.col("date") == session)["ticker"])
    low, high = 0, newest
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _holds(bars, wanted, session, middle) else (middle + 1, high)
    return low


def _holds(bars: BarTable, tickers: tuple[str, ...], session: object, version: int) -> bool:
    """A version whose files were freed holds nothing any more."""
    assert isinstance(session, dt.date)
    try:
        rows = bars.read(tickers, since=session, until=session, version=version)
    except StoreFailed:
        return False
    return rows.height == len(tickers)
