"""Gives one ticker's bars of a small market as plain arrays, from which the references are worked out row by row.

What is not known yet, because the bars before it are too few, is NaN.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

GUARD = 1e-6  # added to what is divided by or taken the logarithm of, so that a still price gives a number


@dataclass(frozen=True, eq=False)
class Bars:
    """One ticker's bars, and through `market` those of the others."""

    market: Market
    ticker: str
    sector: str | None
    dates: list[dt.date]
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray
    series: np.ndarray

    @cached_property
    def level(self) -> np.ndarray:
        return np.log(self.close)

    @cached_property
    def change(self) -> np.ndarray:
        """Log returns; the first session has none."""
        return np.array([np.nan, *np.diff(np.log(self.close))])

    @cached_property
    def row(self) -> dict[dt.date, int]:
        return {date: row for row, date in enumerate(self.dates)}


class Market:
    """All tickers' bars, by ticker."""

    def __init__(self, prices: pl.DataFrame, series: str) -> None:
        self.bars = {
            str(ticker): Bars(
                self,
                str(ticker),
                own["sector"][0],
                own["date"].to_list(),
                *(own[name].to_numpy() for name in ("open", "high", "low", "close", "volume", series)),
            )
            for (ticker,), own in prices.group_by("ticker", maintain_order=True)
        }
        self.dates = sorted({date for bars in self.bars.values() for date in bars.dates})

    def on(self, date: dt.date) -> list[tuple[Bars, int]]:
        """The tickers with a bar on the date, and which row of theirs it is."""
        return [(bars, bars.row[date]) for bars in self.bars.values() if date in bars.row]


def last(values: np.ndarray, row: int, window: int) -> np.ndarray:
    """The values of the window that ends with the row; NaN where the bars do not reach so far back."""
    if row - window + 1 < 0:
        return np.full(window, np.nan)
    return values[row - window + 1 : row + 1]


def at(values: np.ndarray, row: int) -> float:
    return float(values[row]) if row >= 0 else np.nan


def mean(values: ArrayLike) -> float:
    return float(np.mean(np.asarray(values)))


def deviation(values: np.ndarray) -> float:
    """Of a sample."""
    return float(np.sqrt(np.sum((values - mean(values)) ** 2) / (len(values) - 1)))


def spread(bars: Bars, row: int, window: int) -> float:
    """Standard deviation of the daily returns of the window."""
    return deviation(last(bars.change, row, window))


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def fading(values: np.ndarray, span: float, *, least: int) -> tuple[np.ndarray, np.ndarray]:
    """What is known of the values, and the weight of each: the newest weighs 1, each older one less."""
    known = values[~np.isnan(values)]
    if len(known) < least:
        return np.array([np.nan]), np.array([1.0])
    return known, (1 - 2 / (span + 1)) ** np.arange(len(known) - 1, -1, -1)


def fading_mean(values: np.ndarray, span: float, *, least: int) -> float:
    """Exponential average."""
    known, weight = fading(values, span, least=least)
    return float(np.sum(known * weight) / np.sum(weight))


def fading_deviation(values: np.ndarray, span: float, *, least: int) -> float:
    """Exponential standard deviation, unbiased."""
    known, weight = fading(values, span, least=least)
    if len(known) < 2:
        return np.nan
    centre = np.sum(known * weight) / np.sum(weight)
    variance = np.sum(weight * (known - centre) ** 2) / np.sum(weight)
    return float(np.sqrt(variance * np.sum(weight) ** 2 / (np.sum(weight) ** 2 - np.sum(weight**2))))
