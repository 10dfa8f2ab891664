"""Trades forecasts as the experiment's strategy says, on its prices and beside its benchmark."""

from __future__ import annotations

import polars as pl

from ml_core.data.calendar import WHATEVER, days_in_year
from ml_core.portfolio import strategies
from ml_core.portfolio.comparison import Comparison, compare
from ml_core.portfolio.legs import hold_of, legs_of, turbulent_leg
from ml_core.portfolio.market import Market
from ml_core.spec.experiment import Experiment

WEEKS, EVERY_DAY = 52.0, 365.0
WEEKENDS = 0.2  # of the dates, from which every day is traded: all of them are 0.29


def weigh(
    experiment: Experiment,
    prices: pl.DataFrame,
    forecasts: pl.DataFrame,
    *,
    benchmark: pl.DataFrame | None = None,
    trials: int = 1,
) -> dict[str, Comparison]:
    """For each split, what the experiment's strategy earns from these forecasts, beside accounts that need none."""
    market = market_of(experiment, prices, benchmark)
    return {
        name: compare(part, experiment.strategy, market, horizon=horizon_of(experiment), trials=trials)
        for (name,), part in sorted(
            forecasts.partition_by("split", as_dict=True).items(),
            key=lambda one: (one[0] == ("holdout",), one[0]),
        )
    }


def decide(experiment: Experiment, prices: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """POSITIONS of the experiment's strategy on these forecasts."""
    market, horizon = market_of(experiment, prices), horizon_of(experiment)
    return strategies.build_positions(forecasts, experiment.strategy, horizon=horizon, market=market)


def trade(experiment: Experiment, prices: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """BACKTEST of these positions."""
    hold = hold_of(experiment.strategy, horizon=horizon_of(experiment))
    positions, market = decide(experiment, prices, forecasts), market_of(experiment, prices)
    return strategies.trade(positions, experiment.strategy, hold=hold, market=market)


def periods_per_year(frequency: str, days: float) -> float:
    """Sessions of the task that make a year of so many trading days."""
    return days if frequency == "daily" else WEEKS


def days_of(calendar: str, dates: pl.Series) -> float:
    """Trading days a year, by the calendar; where that is `data`, every day if the dates have weekends."""
    if calendar == WHATEVER and (dates.unique().dt.weekday() > 5).to_numpy().mean() > WEEKENDS:
        return EVERY_DAY
    return days_in_year(calendar)


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


def longest_traded(experiment: Experiment) -> int:
    """The longest horizon for which the strategy holds anything: so far its returns overlap."""
    own, strategy = horizon_of(experiment), experiment.strategy
    other = turbulent_leg(strategy, horizon=own)
    return max(leg.horizon for leg in (*legs_of(strategy, horizon=own), *((other,) if other else ())))
