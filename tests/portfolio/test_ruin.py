"""Costs that take everything close the account."""

import numpy as np
import polars as pl
import pytest

from ml_core.portfolio.backtest import backtest, charge
from ml_core.portfolio.risk import describe_account, sweep_costs
from tests.market import prices_of, walk


def churned(cost_bps: float) -> pl.DataFrame:
    """Ten times the equity, long and short by turns."""
    prices = prices_of(walk(sessions=20, tickers=1))
    side = np.where(np.arange(20) % 2, 10.0, -10.0)
    positions = prices.select("ticker", "date", weight=pl.Series(side))
    return backtest(positions, prices, cost_bps=cost_bps)


def test_no_session_loses_more_than_all_and_nothing_comes_after():
    account = churned(800.0)
    day = account["net"].to_list().index(-1.0)
    assert account["net"].min() == -1.0
    for column in ("gross", "net", "turnover", "exposure"):
        assert account[column][day + 1 :].to_list() == [0.0] * (account.height - day - 1)


def test_what_is_lost_stays_lost_in_every_number():
    told = describe_account(churned(800.0), periods_per_year=252, seed=0)
    assert told["cumulative"] == told["annual_return"] == told["max_drawdown"] == -1.0


def test_each_cost_of_a_sweep_closes_its_own_account():
    sweep = sweep_costs(churned(1.0), (0.0, 800.0), periods_per_year=252)
    assert sweep["cumulative"][0] > -1.0
    assert sweep["cumulative"][1] == -1.0


def test_costs_beyond_all_are_not_a_gain_when_taken_twice():
    net = charge(np.array([0.0, 0.0, 0.01]), np.array([20.0, 20.0, 0.0]), 1000.0)
    assert net.tolist() == [-1.0, 0.0, 0.0]


def test_costs_that_leave_something_are_charged_as_ever():
    gross, turnover = np.array([0.01, -0.02]), np.array([1.0, 0.5])
    assert charge(gross, turnover, 5.0) == pytest.approx((1 + gross) * (1 - turnover * 5e-4) - 1, abs=0)
