"""What every check sees: the experiment, the clock, who answers, and what is stored; each read once, when it is asked
for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from ml_core.data.order import Order
from ml_core.data.prices import read_prices
from ml_core.errors import NoChampion
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry


@dataclass(frozen=True)
class WatchScene:
    """Of one look."""

    order: Order
    now: dt.datetime

    @cached_property
    def prices(self) -> pl.DataFrame:
        """PRICES, all that are stored."""
        return read_prices(self.order.experiment, self.order.home)

    @cached_property
    def sessions(self) -> list[dt.date]:
        return self.prices["date"].unique().sort().to_list()

    @cached_property
    def sitting(self) -> ModelVersion | None:
        """Who answers and can be read; None where nobody does."""
        try:
            registered = Registry(self.order.home).find(self.order.name)
        except NoChampion:
            return None
        return registered if registered.readable else None
