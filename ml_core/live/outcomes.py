"""Finds what came of a forecast: the return that its model was taught to tell, from the bars as the store held them
when the outcome was first known. So the same number comes out whether one looks every day or once a year."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ml_core.data.order import Order
from ml_core.data.prices import data_version, read_prices
from ml_core.errors import InvalidInput, StoreFailed
from ml_core.features.table import build_features
from ml_core.panel.windows import build_windows
from ml_core.spec.experiment import Experiment

ENOUGH = 0.9  # of the tickers that were forecast: the others' bars are not waited for
CHEAP = ("weekday_sine",)  # a panel has at least one feature; this one needs no history, and is not looked at

OUTCOMES = {
    "ticker": pl.String, "as_of": pl.Date, "horizon": pl.Int32, "realized": pl.Float64, "known": pl.Date,
    "data_version": pl.Int64,
}  # fmt: skip


@dataclass
class Outcomes:
    """Of one order. What was read last of one version of the store is kept: dates that come together share it."""

    order: Order
    _read: tuple[tuple[int, int], pl.DataFrame] | None = None

    def sessions(self) -> list[dt.date]:
        """Those that are stored now, at the task's frequency."""
        return sorted(read_prices(self.order.experiment, self.order.home)["date"].unique().to_list())

    def find(
        self, as_of: dt.date, horizon: int, tickers: Sequence[str], known: dt.date
    ) -> pl.DataFrame | None:
        """OUTCOMES of that date and horizon, whose session is `known`; None while its bars have not come."""
        version = self._first_version(tuple(tickers), known)
        if version is None:
            return None
        try:
            rows = self._panel(version, horizon)
        except (StoreFailed, InvalidInput):  # the files of then are gone
            version = data_version(self.order.experiment, self.order.home)
            rows = self._panel(version, horizon)
        told = rows.filter(pl.col("as_of") == as_of, pl.col("realized").is_not_nan())
        return told.with_columns(known=pl.lit(known), data_version=pl.lit(version, pl.Int64)).select(
            pl.col(name).cast(kind) for name, kind in OUTCOMES.items()
        )

    def _first_version(self, tickers: tuple[str, ...], known: dt.date) -> int | None:
        """The first version of the store with that session's bar for most of these tickers, or with any of a later
        one. What a version holds, later ones do: found by halves."""
        newest = data_version(self.order.experiment, self.order.home)
        versions = range(newest + 1)
        place = bisect_left(versions, True, key=lambda version: self._holds(tickers, known, version))
        return place if place <= newest else None

    def _holds(self, tickers: tuple[str, ...], known: dt.date, version: int) -> bool:
        try:
            rows = self.order.store.bars.read(tickers, since=known, version=version)
        except StoreFailed:
            return False
        there = rows.filter(pl.col("date") == known).height
        return there >= ENOUGH * len(tickers) or rows.height > there

    def _panel(self, version: int, horizon: int) -> pl.DataFrame:
        if self._read is None or self._read[0] != (version, horizon):
            prices = read_prices(self.order.experiment, self.order.home, version=version)
            self._read = (version, horizon), build_outcomes(self.order.experiment, prices, (horizon,))
        return self._read[1]


def build_outcomes(experiment: Experiment, prices: pl.DataFrame, horizons: tuple[int, ...]) -> pl.DataFrame:
    """(ticker, as_of, horizon, realized) of every session, in the terms of the experiment's target, as evaluation has
    them; NaN where it has not come."""
    task = experiment.spec.task.model_copy(update={"horizons": tuple(sorted(horizons))})
    windows = build_windows(prices, build_features(prices, CHEAP), task)
    rows_NT = np.isfinite(windows.close_NT) & windows.member_NT
    realized_NTH = windows.y_NTH.astype(float) * windows.unit_NTH
    return windows.to_table(rows_NT, realized=realized_NTH).with_columns(
        pl.col("realized").fill_null(float("nan"))
    )
