"""Says when whoever answers is due to be fitted again: when as many sessions have passed as a recipe walks forward at a
time."""

from __future__ import annotations

import datetime as dt

import polars as pl

from ml_core.data.age import grows
from ml_core.data.calendar import last_session_until, session_after
from ml_core.data.order import Order
from ml_core.data.prices import read_prices
from ml_core.registry.age import last_fresh, refit_every
from ml_core.registry.seats import ANSWERING, seat_of
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry


def is_due(order: Order, sitting: ModelVersion) -> bool:
    """Whether that version answers and its time has come. A refit that was refused is tried again when as many
    sessions have passed once more, and so is one whom somebody has put there by hand. A reference was fitted when it
    was made."""
    left = sessions_left(order, sitting)
    return left is not None and left <= 0


def sessions_left(order: Order, sitting: ModelVersion) -> int | None:
    """How many sessions have to come until its time has; None where it does not answer, or the file asks for no
    refits."""
    if order.experiment.serving.refit == 0 or seat_of(sitting) not in ANSWERING:
        return None
    last = last_fresh(sitting, Registry(order.home).moves(order.name))
    dates = read_prices(order.experiment, order.home).select(pl.col("date").unique().sort())["date"]
    return refit_every(order.experiment, len(dates)) - len(dates.filter(dates > last))


def tell_next(order: Order, sitting: ModelVersion, newest: dt.date) -> str:
    """When that version is due, in a few words."""
    left = sessions_left(order, sitting)
    if left is None:
        return "the file asks for no refits" if order.experiment.serving.refit == 0 else "it does not answer"
    if not grows(order.experiment, newest):
        return f"due when {left} more sessions are stored; none is to come of this market"
    calendar, almanac = order.experiment.universe.calendar, order.store.almanac
    if order.experiment.task.frequency == "weekly":
        day = last_session_until(calendar, newest + dt.timedelta(weeks=left), almanac=almanac)
    else:
        day = session_after(calendar, newest, left, almanac=almanac)
    return f"due about {day}, in {left} sessions"
