"""The parts of an account add up to what it came to, however it is split, and each says what it is."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ml_core.errors import InvalidData
from ml_core.portfolio.attribution import NO_SECTOR, ReturnAttribution, attribute
from ml_core.portfolio.backtest import backtest
from tests.portfolio.market import make_positions, make_prices, random_market

SESSIONS = 60
EXECUTIONS = st.sampled_from(["next_open", "next_close", "same_close"])


def split(
    positions: pl.DataFrame, prices: pl.DataFrame, **asked: Any
) -> tuple[pl.DataFrame, ReturnAttribution]:
    cost = asked.pop("cost_bps", 10.0)
    sectors = asked.pop("sectors", None)
    rules = {"execution": "next_open", "hold": 1, "benchmark": None, **asked}
    account = backtest(positions, prices, cost_bps=cost, **rules)
    return account, attribute(positions, prices, account, sectors=sectors, **rules)


def random_positions(prices: pl.DataFrame, tickers: int, seed: int, spread: float = 0.4) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    days = sorted(rng.choice(SESSIONS - 2, 30, replace=False))
    positions = make_positions({int(day): list(rng.normal(0, spread, tickers).round(3)) for day in days})
    return positions.filter(pl.col("date").is_in(prices["date"].implode()))


def sums(told: ReturnAttribution) -> dict[str, float]:
    return {by: sum(told.by(by).values()) for by in told.parts["by"].unique()}


def cash_paid(account: pl.DataFrame, cost_bps: float) -> float:
    """What an account that begins with one unit of money pays for its trades."""
    equity, paid = 1.0, 0.0
    for row in account.iter_rows(named=True):
        paid += equity * (1 + row["gross"]) * row["turnover"] * cost_bps / 1e4
        equity *= 1 + row["net"]
    return paid


@given(
    seed=st.integers(0, 10_000),
    tickers=st.integers(1, 5),
    execution=EXECUTIONS,
    hold=st.integers(1, 4),
    cost=st.sampled_from([0.0, 10.0, 200.0]),
    beside=st.sampled_from([(None, 0.0), (None, 0.2), ("A", 0.0)]),
)
@settings(max_examples=60, deadline=None)
def test_every_way_to_split_an_account_adds_up_to_what_it_came_to(
    seed, tickers, execution, hold, cost, beside
):
    benchmark, missing = beside
    prices = random_market(sessions=SESSIONS, tickers=tickers, seed=seed, missing=missing)
    positions = random_positions(prices, tickers, seed, spread=0.4)
    asked = {"execution": execution, "hold": hold, "cost_bps": cost, "benchmark": benchmark}
    account, told = split(positions, prices, sectors={"A": "Energy"}, **asked)
    came = float((1 + account["net"]).product()) - 1
    assert told.total == pytest.approx(came, abs=1e-12)
    assert set(sums(told)) == {"market", "side", "sector", "ticker"}
    for by, added in sums(told).items():
        assert added == pytest.approx(came, abs=1e-12), by
    for by in ("market", "side"):
        assert -told.by(by)["costs"] == pytest.approx(cash_paid(account, cost), abs=1e-12)


@given(seed=st.integers(0, 10_000), execution=EXECUTIONS, hold=st.integers(1, 9))
@settings(max_examples=20, deadline=None)
def test_who_leaves_the_universe_or_the_exchange_is_split_too(seed, execution, hold):
    rng = np.random.default_rng(seed)
    prices = random_market(sessions=SESSIONS, tickers=4, seed=seed)
    last = prices["date"].max()
    assert isinstance(last, dt.date)
    ended = (pl.col("ticker") == "B") & (pl.col("date") > last - dt.timedelta(days=20))
    gone = pl.when(pl.col("ticker") == "B").then(-0.6)
    prices = prices.filter(~ended).with_columns(delisting=gone)
    prices = prices.with_columns(
        member=pl.Series(rng.random(prices.height) > 0.2) | (pl.col("ticker") == "A")
    )
    account, told = split(random_positions(prices, 4, seed), prices, execution=execution, hold=hold)
    came = float((1 + account["net"]).product()) - 1
    for by, added in sums(told).items():
        assert added == pytest.approx(came, abs=1e-12), by
    assert -told.by("side")["costs"] == pytest.approx(cash_paid(account, 10.0), abs=1e-12)


@given(seed=st.integers(0, 10_000), execution=EXECUTIONS, hold=st.integers(1, 4))
@example(seed=541, execution="next_open", hold=3)
@settings(max_examples=20, deadline=None)
def test_an_account_that_loses_everything_is_split_too(seed, execution, hold):
    """Before it is lost it may have grown some hundredfold, and so have its parts: they add up to twelve digits."""
    prices = random_market(sessions=SESSIONS, tickers=3, seed=seed)
    positions = random_positions(prices, 3, seed, spread=40.0)
    account, told = split(positions, prices, execution=execution, hold=hold, cost_bps=5.0)
    assert (account["net"] <= -1).any()
    largest = told.parts["gain"].abs().max()
    assert isinstance(largest, float)
    for added in sums(told).values():
        assert added == pytest.approx(-1.0, abs=1e-12 * max(1.0, largest))


@given(seed=st.integers(0, 10_000), execution=EXECUTIONS)
@settings(max_examples=20, deadline=None)
def test_of_one_ticker_alone_it_is_all(seed, execution):
    prices = random_market(sessions=SESSIONS, tickers=3, seed=seed)
    days = {day: [0.0, 0.5 + 0.01 * (day % 7), 0.0] for day in range(SESSIONS - 1)}
    account, told = split(make_positions(days), prices, execution=execution)
    came = float((1 + account["net"]).product()) - 1
    assert told.by("ticker") == {"A": 0.0, "B": pytest.approx(came, abs=1e-12), "C": 0.0}
    assert told.by("side")["short"] == 0.0


def test_each_side_earns_what_was_held_on_it():
    flat = np.full((4, 2), 100.0)
    close = flat.copy()
    close[2:] = [110.0, 90.0]  # A gains a tenth, B loses one
    prices = make_prices(np.vstack([flat[:2], close[1:3]]), close)
    positions = make_positions({0: [0.5, -0.3], 1: [0.5, -0.3]})
    _, told = split(positions, prices, cost_bps=0, hold=2)
    assert told.by("side") == pytest.approx({"long": 0.05, "short": 0.03, "costs": 0.0}, abs=1e-15)
    assert told.by("ticker") == pytest.approx({"A": 0.05, "B": 0.03}, abs=1e-15)


def test_costs_stand_with_the_ticker_that_was_traded():
    flat = np.full((4, 2), 100.0)
    _, told = split(make_positions({0: [0.4, 0.0], 1: [0.4, 0.0]}), make_prices(flat, flat), cost_bps=100)
    assert told.by("ticker")["A"] == pytest.approx(-0.004, abs=1e-4)
    assert told.by("ticker")["B"] == 0.0


@given(seed=st.integers(0, 10_000), execution=EXECUTIONS)
@settings(max_examples=20, deadline=None)
def test_who_buys_the_benchmark_and_holds_it_earned_the_market_alone(seed, execution):
    prices = random_market(sessions=SESSIONS, tickers=3, seed=seed)
    positions = make_positions({day: [1.0, 0.0, 0.0] for day in range(SESSIONS - 1)})
    account, told = split(positions, prices, execution=execution, cost_bps=0, benchmark="A")
    assert told.beta == pytest.approx(1.0, abs=1e-12)
    came = float((1 + account["benchmark"]).product()) - 1
    expected = {"market": came, "timing": 0.0, "choice": 0.0, "costs": 0.0}
    assert told.by("market") == pytest.approx(expected, abs=1e-12)


def test_who_holds_the_benchmark_on_the_days_it_rises_earned_by_timing():
    steps = np.tile([0.01, -0.01], SESSIONS // 2)
    close = 100 * np.cumprod(1 + steps)[:, None]
    prices = make_prices(close, close)  # each session opens where it closes: no step is split
    rising = make_positions({day: [float(steps[day + 1] > 0)] for day in range(SESSIONS - 1)})
    _, told = split(rising, prices, execution="same_close", cost_bps=0, benchmark="A")
    assert told.beta == pytest.approx(0.5, abs=0.02)
    assert told.by("market")["timing"] > 0.9 * told.total
    assert told.by("market")["choice"] == pytest.approx(0.0, abs=1e-12)


def test_what_a_ticker_does_beside_the_benchmark_is_choice():
    rng = np.random.default_rng(3)
    market = rng.normal(0, 0.01, SESSIONS)
    close = 100 * np.cumprod(np.stack([1 + market, 1 + market + 0.002], axis=1), axis=0)
    positions = make_positions({day: [-0.5, 0.5] for day in range(SESSIONS - 1)})
    account, told = split(
        positions, make_prices(close, close), execution="same_close", cost_bps=0, benchmark="A"
    )
    assert told.beta == pytest.approx(0.0, abs=1e-12)
    assert told.by("market")["choice"] == pytest.approx(float((1 + account["net"]).product()) - 1, abs=1e-12)
    assert told.total > 0.05


def test_sectors_stand_there_only_where_one_is_known():
    prices = random_market(sessions=SESSIONS, tickers=3, seed=1)
    positions = random_positions(prices, 3, 1)
    assert split(positions, prices)[1].by("sector") == {}
    assert split(positions, prices, sectors={"Z": "Energy"})[1].by("sector") == {}
    told = split(positions, prices, sectors={"A": "Energy"})[1]
    assert set(told.by("sector")) == {"Energy", NO_SECTOR}
    assert told.by("sector")["Energy"] == told.by("ticker")["A"]


def test_a_few_sessions_are_not_split_by_the_market():
    prices = random_market(sessions=12, tickers=2, seed=1)
    _, told = split(make_positions({day: [0.5, 0.5] for day in range(8)}), prices)
    assert told.beta is None
    assert told.by("market") == {}
    assert sums(told)["side"] == pytest.approx(told.total, abs=1e-12)


def test_an_account_of_other_positions_is_refused():
    prices = random_market(sessions=SESSIONS, tickers=2, seed=1)
    account, _ = split(make_positions({day: [0.5, 0.5] for day in range(30)}), prices)
    with pytest.raises(InvalidData, match="account: 30 sessions from 2020-01-02; expected 20"):
        attribute(
            make_positions({day: [0.5, 0.5] for day in range(20)}),
            prices,
            account,
            execution="next_open",
            hold=1,
        )
