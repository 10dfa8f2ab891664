"""Says when the champion is due to be fitted again: when as many sessions have passed as a recipe walks forward at a
time."""

from __future__ import annotations

import datetime as dt

import polars as pl

from ml_core.data.order import Order
from ml_core.data.prices import read_prices
from ml_core.registry.moves import Cause
from ml_core.registry.seats import CHAMPION
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry

# A promotion is no fresh start: the refit that follows it may have been interrupted.
FRESH: tuple[Cause, ...] = ("refit", "kept", "hand")


def is_due(order: Order, sitting: ModelVersion) -> bool:
    """Whether that version is champion and its time has come. A refit that was refused is tried again when as many
    sessions have passed once more, and so is one whom somebody has put there by hand."""
    every = order.experiment.serving.refit
    if every == 0 or CHAMPION not in sitting.aliases:
        return False
    last = _last_fresh(order, sitting)
    dates = read_prices(order.experiment, order.home).select(pl.col("date").unique().sort())["date"]
    if every is None:
        test = order.experiment.validation.test
        every = test if isinstance(test, int) else max(1, round(test * len(dates)))
    return len(dates.filter(dates > last)) >= every


def _last_fresh(order: Order, sitting: ModelVersion) -> dt.date:
    """The last session that it knew, or was left in its place on."""
    moves = Registry(order.home).moves(order.name)
    own = [
        move.since
        for move in moves
        if (move.seat, move.version) == (CHAMPION, sitting.version) and move.cause in FRESH
    ]
    return max([*own, sitting.evidence.unseen])
