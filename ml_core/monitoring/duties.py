"""What is due of an experiment, judged by what its home holds and by the clock, and not by what ran before: bars that
have closed and are not stored, a seat that nobody fills, a model that is due to be fitted again, a session that nobody
has forecast."""

from __future__ import annotations

import datetime as dt

import polars as pl

from ml_core.data.age import count_behind
from ml_core.data.order import Order
from ml_core.data.past import newest_session
from ml_core.data.prices import read_prices
from ml_core.data.store.forecasts import read_forecast
from ml_core.errors import ForecastError, NoChampion
from ml_core.home.lock import Owner, holder
from ml_core.monitoring.condition import PartCondition
from ml_core.monitoring.record import open_record
from ml_core.promotion.cadence import is_due
from ml_core.registry.age import tell_old_model
from ml_core.registry.seats import tell_seat
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry

WORK = ("refresh", "predict", "search", "reference")  # what one process at a time may do for an experiment


def examine_experiment(order: Order, *, now: dt.datetime) -> list[PartCondition]:
    """Each part in the order in which it depends on the one before; what cannot be known yet is left out."""
    at_work = [_at_work(verb, owner) for verb in WORK if (owner := _owner(order, verb)) is not None]
    try:
        newest = newest_session(order.experiment, order.home)
        if newest is None:
            told = f"no bar of {order.source.identity} is stored"
            return [*at_work, PartCondition("bars", "due", told, "refresh")]
        dates = read_prices(order.experiment, order.home)["date"]
    except ForecastError as error:
        return [*at_work, PartCondition("bars", "stuck", str(error))]
    conditions = [*at_work, _examine_bars(order, newest, now), *_examine_breaches(order)]
    try:
        sitting = Registry(order.home).find(order.name)
    except NoChampion:
        told = "nobody answers yet; the first forecast fits a reference"
        return [*conditions, PartCondition("model", "due", told, "predict")]
    except ForecastError as error:
        return [*conditions, PartCondition("model", "stuck", str(error))]
    return [
        *conditions,
        _examine_model(order, sitting, dates),
        _examine_forecast(order, sitting, dates),
    ]


def _owner(order: Order, verb: str) -> Owner | None:
    return holder(order.home, order.lock_name(verb))


def _at_work(verb: str, owner: Owner) -> PartCondition:
    return PartCondition(verb, "well", f"running ({owner}); another one waits or is refused meanwhile")


def _examine_bars(order: Order, newest: dt.date, now: dt.datetime) -> PartCondition:
    behind = count_behind(order.experiment, newest, now=now)
    if behind:
        closed = f"{behind} session{'s have' if behind > 1 else ' has'} closed since"
        return PartCondition("bars", "due", f"stored up to {newest}; {closed}", "refresh")
    return PartCondition("bars", "well", f"stored up to {newest}, and none has closed since")


def _examine_model(order: Order, sitting: ModelVersion, dates: pl.Series) -> PartCondition:
    who = f"version {sitting.version} answers ({tell_seat(sitting)})"
    if not sitting.readable:
        return PartCondition("model", "stuck", str(sitting.read))
    if is_due(order, sitting):
        return PartCondition("model", "due", f"{who}; it is due to be fitted again", "predict")
    old = tell_old_model(
        order.experiment, sitting, Registry(order.home).moves(order.name), dates.unique().to_list()
    )
    if old:
        told, _, command = old.partition("; run: candorcast ")
        return PartCondition("model", "due", told, command.replace(f" {order.experiment.name}", "", 1))
    return PartCondition("model", "well", who)


def _examine_breaches(order: Order) -> list[PartCondition]:
    """Nothing is said of them where there are none, or somebody knows of each."""
    waiting = [one for one in open_record(order).breaches() if one.waits]
    told = "; ".join(f"{one.check}: {one.told}" for one in waiting)
    return [PartCondition("monitoring", "due", told, "monitor")] if waiting else []


def _examine_forecast(order: Order, sitting: ModelVersion, dates: pl.Series) -> PartCondition:
    newest = dates.max()
    stored = read_forecast(order.home, order.name).filter(version=pl.lit(sitting.version))
    if stored.filter(as_of=pl.lit(newest)).is_empty():
        last = f"its last is of {stored['as_of'].max()}" if stored.height else "it has made none yet"
        told = f"version {sitting.version} has not forecast {newest}; {last}"
        return PartCondition("forecast", "due", told, "predict")
    return PartCondition("forecast", "well", f"version {sitting.version} has forecast {newest}")
