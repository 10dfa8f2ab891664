"""Every number of the summary, by an obvious formula; none where it is not earned."""

import json

import numpy as np
import polars as pl
import pytest
from scipy import stats

from ml_core.errors import NotEnoughData
from ml_core.frames import BACKTEST
from ml_core.portfolio.risk import break_even_cost, drawdown, summarise, sweep_costs, tail_loss


def make_backtest(sessions: int = 300, *, seed: int = 0, cost_bps: float = 5.0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    gross, turnover = rng.normal(0.001, 0.01, sessions), rng.uniform(0, 1, sessions)
    return pl.DataFrame(
        {
            "date": np.datetime64("2020-01-01") + np.arange(sessions), "gross": gross,
            "net": (1 + gross) * (1 - turnover * cost_bps / 1e4) - 1, "turnover": turnover,
            "exposure": np.ones(sessions), "benchmark": rng.normal(0, 0.01, sessions),
        },
        schema=BACKTEST,
    )  # fmt: skip


def test_the_summary_equals_the_obvious_formulas():
    table = make_backtest()
    net = table["net"].to_numpy()
    summary = summarise(table, periods_per_year=252, seed=0)
    grown = float(np.prod(1 + net))
    assert summary["cumulative"] == pytest.approx(grown - 1)
    assert summary["annual_return"] == pytest.approx(grown ** (252 / 300) - 1)
    assert summary["volatility"] == pytest.approx(np.std(net, ddof=1) * np.sqrt(252))
    assert summary["sharpe"] == pytest.approx(net.mean() / np.std(net, ddof=1) * np.sqrt(252))
    losses = [min(value, 0.0) ** 2 for value in net]
    assert summary["sortino"] == pytest.approx(net.mean() / np.sqrt(sum(losses) / 300) * np.sqrt(252))
    assert summary["win_rate"] == pytest.approx(sum(net > 0) / 300)
    assert summary["calmar"] == pytest.approx(summary["annual_return"] / -summary["max_drawdown"])
    assert summary["skew"] == pytest.approx(stats.skew(net))
    assert summary["kurtosis"] == pytest.approx(stats.kurtosis(net) + 3)
    assert summary["turnover"] == pytest.approx(table["turnover"].mean())
    assert summary["sharpe_low"] < summary["sharpe"] < summary["sharpe_high"]
    assert summary["benchmark"]["cumulative"] == pytest.approx(float((1 + table["benchmark"]).product()) - 1)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_drawdown_counts_from_the_start_and_says_how_long():
    assert drawdown(np.array([-0.5, 1.0, 0.1])) == (-0.5, 1)
    depth, length = drawdown(np.array([0.1, -0.1, -0.1, 0.05, 0.5, -0.01]))
    assert depth == pytest.approx(0.9 * 0.9 - 1)
    assert length == 3
    assert drawdown(np.array([0.1, 0.0, 0.1])) == (0.0, 0)


def test_tail_losses_are_positive_and_the_mean_beyond_is_worse():
    returns = np.linspace(-0.1, 0.1, 101)
    at, beyond = tail_loss(returns)
    assert at == pytest.approx(0.09)
    assert beyond == pytest.approx(0.095)


@pytest.mark.parametrize(("periods", "per_year", "given"), [(125, 252, False), (126, 252, True)])
def test_a_sharpe_needs_126_scored_sessions(periods, per_year, given):
    summary = summarise(make_backtest(periods), periods_per_year=per_year, seed=0)
    assert (summary["sharpe"] is not None) is given
    assert (summary["sharpe_reason"] is None) is given
    assert given or "126" in summary["sharpe_reason"]


def test_26_weeks_are_126_sessions():
    assert summarise(make_backtest(25), periods_per_year=52, seed=0)["sharpe"] is None
    assert summarise(make_backtest(26), periods_per_year=52, seed=0)["sharpe"] is not None


def test_the_break_even_cost_leaves_nothing():
    table = make_backtest()
    gross, turnover = table["gross"].to_numpy(), table["turnover"].to_numpy()
    cost = break_even_cost(gross, turnover)
    assert cost is not None
    assert np.prod((1 + gross) * (1 - turnover * cost / 1e4)) == pytest.approx(1.0, abs=1e-9)
    assert break_even_cost(-np.abs(gross), turnover) == 0.0
    assert break_even_cost(gross, np.zeros(300)) is None


def test_a_sweep_of_costs_equals_a_backtest_at_each():
    free = make_backtest(cost_bps=0)
    swept = sweep_costs(free, range(20), periods_per_year=252)
    assert swept.height == 20
    for cost in (0, 7, 19):
        alone = summarise(make_backtest(cost_bps=cost), periods_per_year=252, seed=0)
        row = swept.row(cost, named=True)
        for name in ("cumulative", "annual_return", "volatility", "sharpe"):
            assert row[name] == pytest.approx(alone[name], rel=1e-9)
    assert sweep_costs(free.head(50), [0.0], periods_per_year=252)["sharpe"].to_list() == [None]


def test_an_account_that_never_traded_has_no_ratio():
    still = make_backtest(200).with_columns(pl.col("gross", "net", "turnover", "exposure") * 0)
    summary = summarise(still, periods_per_year=252, seed=0)
    assert summary["sharpe"] is None
    assert summary["sharpe_reason"] == "no return ever moved"
    assert summary["sortino"] is summary["calmar"] is summary["win_rate"] is None
    assert summary["break_even_cost_bps"] is None
    json.dumps(summary, allow_nan=False)


def test_one_session_is_summarised_and_none_is_refused():
    summary = summarise(make_backtest(1), periods_per_year=252, seed=0)
    assert summary["sessions"] == 1
    json.dumps(summary, allow_nan=False)
    with pytest.raises(NotEnoughData):
        summarise(make_backtest(0), periods_per_year=252, seed=0)


def test_ruin_is_a_loss_of_everything():
    table = make_backtest(200).with_columns(net=pl.when(pl.int_range(200) == 9).then(-1.0).otherwise("net"))
    summary = summarise(table, periods_per_year=252, seed=0)
    assert summary["cumulative"] == summary["annual_return"] == summary["max_drawdown"] == -1.0
    json.dumps(summary, allow_nan=False)
