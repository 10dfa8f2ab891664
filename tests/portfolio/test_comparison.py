"""A strategy stands beside buy and hold, an equal weight, and its own sizing of nothing, on the same sessions."""

import json

import polars as pl
import pytest

from ml_core.errors import InvalidData
from ml_core.portfolio.backtest import backtest
from ml_core.portfolio.comparison import (
    ACCOUNTS,
    COSTS,
    EQUAL,
    HELD,
    RISK,
    STRATEGY,
    ZERO,
    compare,
    risk_table,
)
from ml_core.portfolio.market import Market
from ml_core.portfolio.risk import describe
from ml_core.spec.strategy import Strategy
from tests.portfolio.test_steps import CASES, PRICES, forecast_of

FORECAST = forecast_of(PRICES)
FOUND = compare(FORECAST, Strategy(), Market(PRICES), horizon=1, trials=5)


def test_all_accounts_have_the_same_sessions():
    assert FOUND.accounts.schema == ACCOUNTS
    sessions = FOUND.backtest["date"].to_list()
    for name in (STRATEGY, HELD, EQUAL, ZERO):
        assert FOUND.accounts.filter(account=pl.lit(name))["date"].to_list() == sessions
        assert FOUND.risk[name]["sessions"] == len(sessions)


def test_how_many_were_tried_changes_the_deflated_sharpe_alone():
    once = compare(FORECAST, Strategy(), Market(PRICES), horizon=1)
    assert once.chosen_among(5).risk == FOUND.risk
    short = compare(FORECAST.head(60), Strategy(), Market(PRICES), horizon=1)
    assert short.risk[STRATEGY]["sharpe"] is None
    assert short.chosen_among(5).risk[STRATEGY]["deflated_sharpe"] is None


def test_the_equal_weight_is_rebalanced_at_the_same_costs():
    even = FOUND.positions.with_columns(weight=1.0 / pl.len().over("date"))
    alone = backtest(even, PRICES, cost_bps=5)
    ours = FOUND.accounts.filter(account=pl.lit(EQUAL))
    assert ours.drop("account").equals(alone.drop("benchmark"))
    assert FOUND.risk[EQUAL]["turnover"] > 0


def test_buy_and_hold_is_bought_once_and_has_no_cost():
    bought = FOUND.backtest["benchmark"].to_numpy()
    assert FOUND.risk[HELD] == describe(bought, periods_per_year=252, seed=0)
    held = FOUND.accounts.filter(account=pl.lit(HELD))
    assert held["net"].equals(held["gross"].rename("net"))
    assert held["turnover"].sum() == 0


@pytest.mark.parametrize("name", CASES)
def test_no_way_of_sizing_makes_a_position_of_a_zero_forecast(name):
    strategy = Strategy.model_validate(CASES[name])
    found = compare(FORECAST, strategy, Market(PRICES), horizon=1)
    assert found.risk[ZERO]["exposure"] == 0
    assert found.risk[ZERO]["cumulative"] == 0
    assert found.risk[ZERO]["sharpe"] is None


def test_the_sweep_has_twenty_levels_and_agrees_with_the_account_at_its_own_cost():
    assert FOUND.sweep["cost_bps"].to_list() == list(COSTS)
    own = FOUND.sweep.filter(cost_bps=5.0).row(0, named=True)
    for name in ("cumulative", "annual_return", "volatility", "sharpe"):
        assert own[name] == pytest.approx(FOUND.risk[STRATEGY][name])
    assert FOUND.sweep["cumulative"].is_sorted(descending=True)


def test_the_summary_is_json_and_the_tables_are_tidy():
    assert json.loads(json.dumps(FOUND.summary, allow_nan=False))["trials"] == 5
    assert set(FOUND.summary) >= {"sharpe", "benchmark", EQUAL, ZERO, "costs"}
    table = FOUND.tables["risk"]
    assert table.schema == RISK
    own = table.filter(account=pl.lit(STRATEGY), metric=pl.lit("sharpe")).row(0, named=True)
    assert own["low"] < own["value"] < own["high"]
    assert not table["metric"].str.ends_with("_low").any()
    assert risk_table(FOUND.risk).equals(table)
    assert set(FOUND.tables) == {"accounts", "risk", "sweep", "positions"}


def test_a_benchmark_outside_the_universe_is_bought_and_nothing_else_reads_it():
    beside = PRICES.filter(ticker=pl.lit("A")).with_columns(ticker=pl.lit("INDEX")).drop("sector")
    found = compare(FORECAST, Strategy(), Market(PRICES, benchmark="INDEX", beside=beside), horizon=1)
    alone = compare(FORECAST, Strategy(), Market(PRICES, benchmark="A"), horizon=1)
    assert found.accounts.equals(alone.accounts)


def test_a_year_of_the_wrong_length_is_refused():
    with pytest.raises(InvalidData, match="52 a year"):
        compare(FORECAST, Strategy(), Market(PRICES, 52.0), horizon=1)
