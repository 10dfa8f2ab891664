"""Every number of the summary, by an obvious formula; none where it is not earned."""

import json

import numpy as np
import polars as pl
import pytest
from scipy import stats

from ml_core.errors import NotEnoughData
from ml_core.evaluation.bootstrap import block_length, draw_blocks
from ml_core.evaluation.sharpe import deflated_sharpe
from ml_core.frames import BACKTEST
from ml_core.portfolio.risk import (
    break_even_cost,
    describe,
    describe_account,
    drawdown,
    sweep_costs,
    tail_loss,
)


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
    summary = describe_account(table, periods_per_year=252, seed=0)
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
    benchmark = describe(table["benchmark"].to_numpy(), periods_per_year=252, seed=0)
    assert benchmark["cumulative"] == pytest.approx(float((1 + table["benchmark"]).product()) - 1)
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
    summary = describe_account(make_backtest(periods), periods_per_year=per_year, seed=0)
    assert (summary["sharpe"] is not None) is given
    assert (summary["sharpe_reason"] is None) is given
    assert given or "126" in summary["sharpe_reason"]


def test_26_weeks_are_126_sessions():
    assert describe_account(make_backtest(25), periods_per_year=52, seed=0)["sharpe"] is None
    assert describe_account(make_backtest(26), periods_per_year=52, seed=0)["sharpe"] is not None


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
        alone = describe_account(make_backtest(cost_bps=cost), periods_per_year=252, seed=0)
        row = swept.row(cost, named=True)
        for name in ("cumulative", "annual_return", "volatility", "sharpe"):
            assert row[name] == pytest.approx(alone[name], rel=1e-9)
    assert sweep_costs(free.head(50), [0.0], periods_per_year=252)["sharpe"].to_list() == [None]


def test_an_account_that_never_traded_has_no_ratio():
    still = make_backtest(200).with_columns(pl.col("gross", "net", "turnover", "exposure") * 0)
    summary = describe_account(still, periods_per_year=252, seed=0)
    assert summary["sharpe"] is None
    assert summary["sharpe_reason"] == "no return ever moved"
    assert summary["sortino"] is summary["calmar"] is summary["win_rate"] is None
    assert summary["break_even_cost_bps"] is None
    json.dumps(summary, allow_nan=False)


def test_an_account_that_holds_next_to_nothing_has_no_sharpe_and_says_why():
    names = pl.col("gross", "net", "turnover", "exposure")
    small = make_backtest(200).with_columns(names * 0.001)
    summary = describe_account(small, periods_per_year=252, seed=0)
    assert summary["sharpe"] is summary["deflated_sharpe"] is None
    assert summary["sharpe_reason"].startswith("a return of 0.0 % a year at a volatility of 0.0")
    assert sweep_costs(small, [0.0], periods_per_year=252)["sharpe"].to_list() == [None]
    json.dumps(summary, allow_nan=False)


def test_one_session_is_summarised_and_none_is_refused():
    summary = describe_account(make_backtest(1), periods_per_year=252, seed=0)
    assert summary["sessions"] == 1
    json.dumps(summary, allow_nan=False)
    with pytest.raises(NotEnoughData):
        describe_account(make_backtest(0), periods_per_year=252, seed=0)


def test_ruin_is_a_loss_of_everything():
    table = make_backtest(200).with_columns(net=pl.when(pl.int_range(200) == 9).then(-1.0).otherwise("net"))
    summary = describe_account(table, periods_per_year=252, seed=0)
    assert summary["cumulative"] == summary["annual_return"] == summary["max_drawdown"] == -1.0
    json.dumps(summary, allow_nan=False)


def test_probabilistic_and_deflated_sharpe_equal_the_formulas_of_their_papers():
    table = make_backtest()
    net = table["net"].to_numpy()
    summary = describe_account(table, periods_per_year=252, seed=0, trials=40)
    count, mean, spread = len(net), net.mean(), net.std(ddof=1)
    ratio = mean / spread
    centred = net - mean
    variance = np.mean(centred**2)
    third, fourth = np.mean(centred**3) / variance**1.5, np.mean(centred**4) / variance**2  # 3 for a normal
    error = np.sqrt((1 - third * ratio + (fourth - 1) / 4 * ratio**2) / (count - 1))
    gamma = 0.57721566490153286
    luck = (1 - gamma) * stats.norm.ppf(1 - 1 / 40) + gamma * stats.norm.ppf(1 - 1 / (40 * np.e))
    assert summary["probabilistic_sharpe"] == pytest.approx(stats.norm.cdf(ratio / error))
    assert summary["deflated_sharpe"] == pytest.approx(
        stats.norm.cdf((ratio - luck / np.sqrt(count)) / error)
    )
    assert summary["deflated_sharpe"] < summary["probabilistic_sharpe"]
    assert summary["trials"] == 40


def test_one_trial_is_deflated_by_nothing():
    summary = describe_account(make_backtest(), periods_per_year=252, seed=0)
    assert summary["deflated_sharpe"] == summary["probabilistic_sharpe"]


def test_luck_alone_passes_the_deflated_sharpe_no_more_often_than_it_says():
    rng = np.random.default_rng(0)
    passed = 0
    for _ in range(200):
        tried = rng.standard_t(5, (252, 20)) * 0.01
        best = tried[:, (tried.mean(axis=0) / tried.std(axis=0)).argmax()]
        passed += deflated_sharpe(best, trials=20) > 0.95
    assert passed <= 12


def test_intervals_are_those_of_resampled_blocks_of_sessions():
    table = make_backtest(200)
    net = table["net"].to_numpy()
    summary = describe_account(table, periods_per_year=252, seed=3)
    found = {"annual_return": [], "volatility": [], "sharpe": [], "max_drawdown": []}
    for places in draw_blocks(200, block=block_length(200), resamples=500, seed=3):
        one = net[places]
        found["annual_return"].append(np.prod(1 + one) ** (252 / 200) - 1)
        found["volatility"].append(np.std(one, ddof=1) * np.sqrt(252))
        found["sharpe"].append(one.mean() / np.std(one, ddof=1) * np.sqrt(252))
        found["max_drawdown"].append(drawdown(one)[0])
    for name, values in found.items():
        ends = [summary[f"{name}_low"], summary[f"{name}_high"]]
        assert ends == pytest.approx(list(np.quantile(values, [0.05, 0.95])))
    short = describe_account(make_backtest(100), periods_per_year=252, seed=3)
    assert all(short[f"{name}_{end}"] is None for name in found for end in ("low", "high"))
