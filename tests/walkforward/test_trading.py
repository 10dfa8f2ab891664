"""A year has as many sessions as the calendar says."""

import datetime as dt

import polars as pl
import pytest

from ml_core.data.frequency import at_frequency
from ml_core.portfolio.opening import market_of
from ml_core.portfolio.risk import describe
from tests.market import small_experiment
from tests.portfolio.market import random_market

WEEKDAYS = random_market(sessions=300, tickers=3, seed=1)
EVERY_DAY = WEEKDAYS.with_columns(
    date=pl.lit(dt.date(2020, 1, 1)) + pl.duration(days=pl.col("date").rank("dense") - 1)
)


def experiment(calendar: str, frequency: str = "daily"):
    return small_experiment(universe={"calendar": calendar}, task={"frequency": frequency})


@pytest.mark.parametrize(
    ("calendar", "prices", "days"),
    [("XNYS", WEEKDAYS, 252.0), ("24/7", EVERY_DAY, 365.0), ("data", EVERY_DAY, 365.0)],
)
def test_a_day_is_one_day_and_a_week_its_trading_days_whatever_the_calendar(calendar, prices, days):
    daily = market_of(experiment(calendar), prices)
    assert (daily.periods_per_year, daily.days) == (days, 1.0)
    weekly = market_of(experiment(calendar, "weekly"), at_frequency(prices, "weekly", calendar=calendar))
    assert weekly.periods_per_year == 52.0
    assert weekly.days == (252.0 if calendar == "data" else days) / 52.0


def test_dates_without_weekends_are_those_of_an_exchange():
    days = WEEKDAYS.with_columns(
        date=pl.lit(dt.date(2020, 1, 6)) + pl.duration(days=pl.col("date").rank("dense") - 1)
    )
    days = days.filter(pl.col("date").dt.weekday() < 6)
    assert market_of(experiment("data"), days).periods_per_year == 252.0


def test_a_sharpe_needs_half_a_year_where_every_day_is_traded():
    returns = EVERY_DAY.filter(ticker=pl.lit("A"))["close"].pct_change().drop_nulls().to_numpy()
    told = describe(returns[:182], periods_per_year=365.0, seed=0)
    assert told["sharpe_reason"] == "182 periods are 182 scored sessions; a Sharpe needs 183"
    assert describe(returns[:183], periods_per_year=365.0, seed=0)["sharpe"] is not None
