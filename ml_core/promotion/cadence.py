"""Says when whoever answers is due to be fitted again: when as many sessions have passed as a recipe walks forward at a
time."""

from __future__ import annotations

import polars as pl

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
    if order.experiment.serving.refit == 0 or seat_of(sitting) not in ANSWERING:
        return False
    last = last_fresh(sitting, Registry(order.home).moves(order.name))
    dates = read_prices(order.experiment, order.home).select(pl.col("date").unique().sort())["date"]
    return len(dates.filter(dates > last)) >= refit_every(order.experiment, len(dates))
