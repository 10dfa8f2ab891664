"""Forecasts a range of past sessions that nobody has forecast yet, each as of its own day; one that fails keeps no
other from its turn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from ml_core.data.order import Order
from ml_core.data.prices import data_version, read_prices
from ml_core.data.store.forecasts import read_forecast, read_later
from ml_core.errors import ForecastError, InvalidInput
from ml_core.prediction.answer import Answer, Clock, answer
from ml_core.registry.history import who_stood
from ml_core.registry.versions import Registry


@dataclass(frozen=True)
class Backfilled:
    """What was said, how many sessions stood already, and by session why one has no forecast."""

    answers: tuple[Answer, ...]
    stood: int
    failed: Mapping[dt.date, str] = field(default_factory=dict)


def backfill(
    order: Order,
    *,
    clock: Clock,
    since: dt.date,
    until: dt.date,
    version: str | None = None,
    corrected: bool = False,
    by: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Backfilled:
    """Each session of the range once: those that stand already are left."""
    asked, lacking = find_lacking(order, since=since, until=until, version=version, corrected=corrected)
    answers, failed = [], {}
    for place, day in enumerate(lacking):
        tell(f"forecasting {day}, {place + 1} of {len(lacking)}")
        try:
            answers.append(answer(order, clock=clock, as_of=day, version=version, corrected=corrected, by=by))
        except ForecastError as error:
            failed[day] = str(error)
    return Backfilled(tuple(answers), asked - len(lacking), failed)


def find_lacking(
    order: Order, *, since: dt.date, until: dt.date, version: str | None = None, corrected: bool = False
) -> tuple[int, list[dt.date]]:
    """How many sessions the range has, and those of which whoever is asked has written nothing; `corrected`: nothing
    from the bars as they stand now."""
    if until < since:
        raise InvalidInput(f"--from {since} --to {until}: expected a range that ends when it begins or later")
    dates = read_prices(order.experiment, order.home)["date"].unique().sort()
    sessions = dates.filter(dates.is_between(since, until)).to_list()
    if not sessions:
        raise InvalidInput(
            f"--from {since} --to {until}: no session is stored in that range; they are from {dates[0]} to {dates[-1]}"
        )
    written = _written(order, corrected=corrected)
    registry = Registry(order.home)
    named = registry.find(order.name, version).version if version else None
    lacking = [
        day
        for day in sessions
        if (named or who_stood(registry, order.name, day).version.version, day) not in written
    ]
    return len(sessions), lacking


def _written(order: Order, *, corrected: bool) -> set[tuple[str, dt.date]]:
    kept = read_forecast(order.home, order.name)
    if corrected:
        newest = data_version(order.experiment, order.home)
        kept = pl.concat([kept, read_later(order.home, order.name)]).filter(pl.col("bars") == newest)
    said = kept.filter(pl.col("mean").is_not_null()).select("version", "as_of").unique()
    return set(said.iter_rows())
