"""Keeps what versions said of every session that they never learned from, and what came: it takes long to ask for."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable

import polars as pl

from ml_core.data.order import Order
from ml_core.portfolio.opening import horizon_of
from ml_core.prediction.succession import load_succession, predict_succession
from ml_core.registry.versions import Registry
from serving.champion import Served

KEPT = 4  # versions of which it is kept


class UnseenSessions:
    """From the holdout of a version on; of a refit, from that of whom it was fitted again from."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._forecasts, self._outcomes = _KeptTables(self._forecast), _KeptTables(self._look_up)

    def forecasts(self, served: Served) -> pl.DataFrame:
        """FORECAST rows, at every horizon."""
        return self._forecasts.find(served)

    def outcomes(self, served: Served) -> pl.DataFrame:
        """(ticker, as_of, horizon, realized) of the horizon that is traded, where it is known."""
        return self._outcomes.find(served)

    def _forecast(self, served: Served) -> pl.DataFrame:
        registry, last = Registry(self._order.home), served.prices["date"].max()
        assert isinstance(last, dt.date)
        line = load_succession(registry, served.version, served.forecaster, since=dt.date.min)
        rows = predict_succession(line, served.prices, since=line[0][0], as_of=last)
        return rows.filter(pl.col("mean").is_not_null() & pl.col("mean").is_not_nan())

    def _look_up(self, served: Served) -> pl.DataFrame:
        from ml_core.live.outcomes import (
            build_outcomes,  # builds a panel, which answers of a session do not need
        )

        experiment = self._order.experiment
        rows = build_outcomes(experiment, served.prices, (horizon_of(experiment),))
        first = self.forecasts(served)["as_of"].min()
        return rows.filter(pl.col("as_of") >= first, pl.col("realized").is_not_nan())


class _KeptTables:
    """The table of each version, made once."""

    def __init__(self, make: Callable[[Served], pl.DataFrame]) -> None:
        self._make, self._making = make, threading.Lock()
        self._kept: OrderedDict[tuple[str, int], pl.DataFrame] = OrderedDict()

    def find(self, served: Served) -> pl.DataFrame:
        with self._making:
            if served.stamp not in self._kept:
                self._kept[served.stamp] = self._make(served)
            self._kept.move_to_end(served.stamp)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return self._kept[served.stamp]
