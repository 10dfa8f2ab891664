"""Opens the market on which an experiment's strategy trades: its prices, its benchmark, and how many sessions make a
year."""

from __future__ import annotations

import polars as pl

from ml_core.data.calendar import WHATEVER, days_in_year
from ml_core.portfolio.market import Market
from ml_core.spec.experiment import Experiment

WEEKS, EVERY_DAY = 52.0, 365.0
WEEKENDS = 0.2  # of the dates, from which every day is traded: all of them are 0.29


def market_of(experiment: Experiment, prices: pl.DataFrame, benchmark: pl.DataFrame | None = None) -> Market:
    """The prices and the benchmark that an account is compared with: without prices of one, all tickers in equal
    parts."""
    name = experiment.universe.benchmark
    among = name is not None and name in prices["ticker"]
    frequency, calendar = experiment.task.frequency, experiment.universe.calendar
    days = days_in_year(calendar) if frequency == "weekly" else days_of(calendar, prices["date"])
    return Market(
        prices,
        periods_per_year(frequency, days),
        days_per_year=days,
        benchmark=name if among or benchmark is not None else None,
        beside=None if among else benchmark,
    )


def horizon_of(experiment: Experiment) -> int:
    """The horizon that is judged first, and that a strategy trades by where it names none: by default the nearest."""
    return experiment.strategy.horizon or experiment.task.horizons[0]


def periods_per_year(frequency: str, days: float) -> float:
    """Sessions of the task that make a year of so many trading days."""
    return days if frequency == "daily" else WEEKS


def days_of(calendar: str, dates: pl.Series) -> float:
    """Trading days a year, by the calendar; where that is `data`, every day if the dates have weekends."""
    if calendar == WHATEVER and (dates.unique().dt.weekday() > 5).to_numpy().mean() > WEEKENDS:
        return EVERY_DAY
    return days_in_year(calendar)
