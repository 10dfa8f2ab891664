"""A Sharpe reads the sessions that a forecast speaks of, not those on which an old decision is only held."""

import numpy as np
import polars as pl
import pytest

from ml_core.evaluation.sharpe import deflated_sharpe, sharpe
from ml_core.portfolio.comparison import STRATEGY, Comparison, compare
from ml_core.portfolio.market import Market
from ml_core.portfolio.risk import ScoredSessions, describe
from ml_core.spec.strategy import Strategy
from tests.market import prices_of, walk

PRICES = prices_of(walk(sessions=420, tickers=6))


def compared(*, every: int, last: int = 400, hold: int = 1) -> Comparison:
    """What forecasts of every so many-th session, and one of the last, come to."""
    dates = PRICES["date"].unique().sort()
    asked = pl.Series("as_of", [*dates[:last:every], dates[-2]])
    forecasts = PRICES.filter(pl.col("date").is_in(asked.implode())).select(
        "ticker",
        pl.col("date").alias("as_of"),
        horizon=pl.lit(hold, pl.Int32),
        mean=pl.Series(np.random.default_rng(0).normal(0, 0.01, asked.n_unique() * 6)),
        scale=pl.lit(0.01),
    )
    return compare(forecasts, Strategy(), Market(PRICES), horizon=hold)


def test_numbers_of_luck_read_fresh_sessions_alone():
    returns = np.random.default_rng(1).normal(0.001, 0.01, 500)
    fresh_T = np.arange(500) < 200
    told = describe(returns, periods_per_year=252, seed=0, trials=8, scored=ScoredSessions(200, fresh_T))
    assert told["sharpe"] == pytest.approx(sharpe(returns[:200]) * 252**0.5)
    assert told["deflated_sharpe"] == deflated_sharpe(returns[:200], trials=8)
    assert told["sessions"], told["scored"] == (500, 200)


def test_forecasts_far_apart_are_as_many_sessions_as_there_are_forecasts():
    risk = compared(every=20).risk[STRATEGY]
    assert risk["scored"] == 21
    assert risk["sharpe"] is None
    assert risk["sharpe_reason"].startswith("21 periods are 21 scored sessions")


def test_one_forecast_long_after_the_others_adds_one_session_and_not_the_time_between():
    found = compared(every=1, last=140)
    net = found.backtest["net"].to_numpy()
    risk = found.risk[STRATEGY]
    assert (risk["scored"], risk["sessions"]) == (141, 419)
    assert risk["sharpe"] == pytest.approx(sharpe(np.append(net[:140], net[-1])) * 252**0.5)


def test_decisions_that_are_held_for_their_horizon_are_fresh_for_as_long_yet_count_once():
    risk = compared(every=20, hold=20).risk[STRATEGY]
    assert risk["scored"] == 21
