"""A backtest is exact on cases done by hand, equals an obvious account, and never looks ahead."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from ml_core.errors import InvalidData, InvalidInput, NotEnoughData
from ml_core.evaluation.leakage import audit
from ml_core.portfolio.backtest import GONE, backtest, possible_execution
from ml_core.portfolio.grid import total
from ml_core.portfolio.strategies import build_positions
from ml_core.spec.experiment import Strategy
from tests.portfolio.market import make_positions, make_prices, obvious_backtest, random_market

COLUMNS = ["gross", "net", "turnover", "exposure"]


def prices_of(*rows: tuple[Sequence[float], Sequence[float]]) -> pl.DataFrame:
    return make_prices(np.array([row[0] for row in rows]), np.array([row[1] for row in rows]))


def test_a_position_earns_from_the_next_open_and_pays_its_cost_once():
    prices = prices_of(([100], [100]), ([102], [105]), ([106], [103]))
    table = backtest(make_positions({0: [1.0], 1: [1.0]}), prices, cost_bps=10)
    assert table["date"].to_list() == [dt.date(2020, 1, 2), dt.date(2020, 1, 3)]
    assert table["gross"].to_list() == pytest.approx([105 / 102 - 1, 103 / 105 - 1], abs=1e-15)
    assert table["turnover"].to_list() == pytest.approx([1.0, 0.0], abs=1e-15)
    assert table["net"][0] == pytest.approx(105 / 102 * (1 - 0.001) - 1, abs=1e-15)
    assert table["net"][1] == pytest.approx(103 / 105 - 1, abs=1e-15)


def test_a_reversal_costs_both_sides():
    prices = prices_of(*[([100, 100], [100, 100])] * 4)
    table = backtest(make_positions({0: [0.5, -0.5], 1: [-0.5, 0.5], 2: [0, 0]}), prices, cost_bps=25)
    assert table["turnover"].to_list() == [1.0, 2.0, 1.0]
    assert table["net"].to_list() == pytest.approx([-0.0025, -0.005, -0.0025], abs=1e-15)
    assert table["gross"].to_list() == [0, 0, 0]


def test_positions_drift_with_prices_between_rebalances():
    prices = prices_of(
        ([10, 10], [10, 10]), ([10, 10], [20, 10]), ([20, 10], [20, 5]), ([20, 5], [20, 5])
    )  # fmt: skip
    weights = {session: [0.5, 0.5] for session in range(4)}
    table = backtest(make_positions(weights), prices, cost_bps=0, hold=3)
    # 1 becomes 0.5·2 + 0.5 = 1.5, of which A is 2/3; then B halves: 1.25. No trade, so no turnover.
    assert table["gross"].to_list() == pytest.approx([0.5, 1.25 / 1.5 - 1, 0.0], abs=1e-15)
    assert table["turnover"].to_list() == [1.0, 0.0, 0.0]
    daily = backtest(make_positions(weights), prices, cost_bps=0)
    # Rebalanced daily: from (2/3, 1/3) to halves, then from (2/3, 1/3) again.
    assert daily["turnover"].to_list() == pytest.approx([1.0, 1 / 3, 1 / 3], abs=1e-15)
    assert daily["gross"].to_list() == pytest.approx([0.5, -0.25, 0.0], abs=1e-15)


def test_a_short_position_shrinks_as_a_share_when_it_wins():
    prices = prices_of(([10], [10]), ([10], [5]), ([5], [5]))
    table = backtest(make_positions({0: [-1.0], 1: [-1.0]}), prices, cost_bps=0)
    # Sold 1, now worth 0.5 short of an equity of 1.5; back to -1 sells another 2/3.
    assert table["gross"].to_list() == pytest.approx([0.5, 0.0], abs=1e-15)
    assert table["exposure"][0] == pytest.approx(1 / 3, abs=1e-15)
    assert table["turnover"][1] == pytest.approx(2 / 3, abs=1e-15)


@pytest.mark.parametrize("execution", ["next_open", "next_close", "same_close"])
@given(
    seed=st.integers(0, 10_000),
    hold=st.integers(1, 4),
    tickers=st.integers(1, 4),
    missing=st.sampled_from([0.0, 0.2]),
)
@example(
    seed=263, hold=2, tickers=4, missing=0.2
)  # a name has no bar for so long that it no longer counts as held
@settings(max_examples=25, deadline=None)
def test_it_equals_an_account_kept_session_by_session(execution, seed, hold, tickers, missing):
    prices = random_market(sessions=14, tickers=tickers, seed=seed, missing=missing)
    rng = np.random.default_rng(seed)
    dates = sorted(rng.choice(12, 6, replace=False))
    positions = make_positions({int(day): list(rng.normal(0, 0.4, tickers).round(3)) for day in dates})
    known = set(prices["date"])
    positions = positions.filter(pl.col("date").is_in(list(known)))
    asked = {"cost_bps": 10.0, "execution": execution, "hold": hold}
    ours = backtest(positions, prices, **asked).drop("benchmark")
    obvious = obvious_backtest(positions, prices, **asked).drop("benchmark")
    assert_frame_equal(ours, obvious, abs_tol=1e-12, rel_tol=1e-12)


def test_a_name_that_ends_leaves_at_its_last_price():
    gone = float("nan")
    rows = [([10, 10], [10, 10]), ([10, 10], [12, 10])] + [([gone, 11], [gone, 11])] * 8
    prices = prices_of(*rows)
    table = backtest(make_positions({0: [0.5, 0.5], 8: [1.0, 0.0]}), prices, cost_bps=100)
    assert table["gross"][0] == pytest.approx(0.1, abs=1e-15)
    assert table["gross"][1] == pytest.approx(0.05 / 1.1, abs=1e-15)
    assert table["gross"][2:].to_list() == [0.0] * 7
    # It cannot be bought again, so all becomes cash: both holdings are sold at the last rebalance.
    assert table["turnover"][-1] == pytest.approx(1.0, abs=1e-15)
    assert table["exposure"][-1] == 0.0
    # It stops counting as exposure once it has had no bar for a while.
    assert table["exposure"][GONE - 1] == pytest.approx(1.0, abs=1e-15)
    assert table["exposure"][GONE] == pytest.approx(0.55 / 1.15, abs=1e-15)


@given(seed=st.integers(0, 10_000), execution=st.sampled_from(["next_open", "next_close", "same_close"]))
@settings(max_examples=15, deadline=None)
def test_changing_the_future_changes_no_bit_of_the_past(seed, execution):
    prices = random_market(sessions=30, tickers=7, seed=seed, missing=0.1)
    rng = np.random.default_rng(seed)
    weights = {int(day): list(rng.normal(0, 0.2, 7)) for day in range(28)}
    positions = make_positions(weights).filter(pl.col("date").is_in(prices["date"].implode()))

    def build(some: pl.DataFrame) -> pl.DataFrame:
        known = positions.filter(pl.col("date") <= some["date"].max())
        return backtest(known, some, cost_bps=5, execution=execution, hold=2)

    dates = [dt.date(2020, 1, day) for day in (8, 15, 16, 25)]
    assert audit(build, prices, as_of=dates, seed=seed) == []


def test_a_later_listing_changes_no_bit_of_what_was_earned_before():
    prices = random_market(sessions=40, tickers=20, seed=3)
    rng = np.random.default_rng(0)
    weights = {day: list(rng.normal(0, 0.1, 20)) for day in range(39)}
    for day in range(30):
        weights[day][::3] = [0.0] * len(weights[day][::3])
    positions = make_positions(weights)
    early = positions.filter(~(pl.col("weight") == 0.0) & (pl.col("date") < dt.date(2020, 1, 31)))
    late_names = [chr(65 + number) for number in range(0, 20, 3)]
    without = prices.filter(~pl.col("ticker").is_in(late_names))
    few, all_ = (
        backtest(*case, cost_bps=5, benchmark="B") for case in ((early, without), (positions, prices))
    )
    assert few.height > 25
    assert few.equals(all_.head(few.height))


def test_a_signal_of_one_session_earns_only_what_is_left_after_the_next_open():
    """The forecast knows the return from close to close; bought at the next open, the night is gone."""
    rng = np.random.default_rng(0)
    night_TN, day_TN = rng.normal(0, 0.01, (2, 600, 20))
    close_TN = 100 * np.exp(np.cumsum(night_TN + day_TN, axis=0))
    prices = make_prices(close_TN * np.exp(-day_TN), close_TN)
    known_TN = np.vstack([(night_TN + day_TN)[1:], np.zeros((1, 20))])
    sessions = prices["date"].unique().sort()
    forecast = prices.select("ticker", as_of="date").sort("as_of", "ticker").with_columns(
        horizon=pl.lit(1), mean=pl.Series(known_TN.ravel())
    )  # fmt: skip
    positions = build_positions(forecast.filter(pl.col("as_of") < sessions[-1]), Strategy(), horizon=1)
    weight_TN = positions.sort("date", "ticker")["weight"].to_numpy().reshape(599, 20)

    earned = {
        how: backtest(positions, prices, cost_bps=0, execution=how) for how in ("next_open", "next_close")
    }
    day_gain = (weight_TN * np.expm1(day_TN[1:])).sum(axis=1)
    # From the close on, yesterday's holdings still earn the night; that part is no longer the signal's.
    drifted_TN = weight_TN * np.exp(day_TN[1:]) / (1 + day_gain)[:, None]
    night_gain = np.concatenate([[0.0], (drifted_TN[:-1] * np.expm1(night_TN[2:])).sum(axis=1)])
    expected = (1 + night_gain) * (1 + day_gain) - 1
    np.testing.assert_allclose(earned["next_open"]["gross"].to_numpy(), expected, atol=1e-13)

    def mean(how: str) -> float:
        return float(earned[how]["gross"].to_numpy().mean())

    whole = float((weight_TN * np.expm1((night_TN + day_TN)[1:])).sum(axis=1).mean())
    assert mean("next_open") == pytest.approx(whole / 2, rel=0.1)  # half of it happens after the open
    assert abs(mean("next_close")) < 0.05 * whole  # and nothing after the close
    early = positions.with_columns(pl.col("date").dt.offset_by("1d"))
    late = backtest(early.filter(pl.col("date") < sessions[-1]), prices, cost_bps=0)
    assert abs(float(late["gross"].to_numpy().mean())) < 0.05 * whole
    cheat = backtest(positions, prices, cost_bps=0, execution="same_close")
    assert float(cheat["gross"].to_numpy()[1:].mean()) == pytest.approx(whole, rel=0.01)


def test_without_opens_it_trades_at_the_next_close_and_says_so(caplog):
    prices = random_market(sessions=10, tickers=2, seed=0).with_columns(open=pl.lit(None, pl.Float64))
    positions = make_positions({day: [0.5, -0.5] for day in range(9)})
    table = backtest(positions, prices, cost_bps=5)
    assert "next close" in caplog.text
    assert table.equals(backtest(positions, prices, cost_bps=5, execution="next_close"))
    assert possible_execution(prices, "next_open") == "next_close"


def test_the_benchmark_is_bought_once_at_the_first_trade():
    prices = prices_of(([10, 5], [10, 5]), ([10, 5], [11, 5]), ([11, 5], [11, 6]), ([11, 6], [11, 6]))
    positions = make_positions({0: [1.0, 0.0], 1: [0.0, 0.0]})
    equal = backtest(positions, prices, cost_bps=50)["benchmark"]
    assert equal.to_list() == pytest.approx([0.05, 1.15 / 1.05 - 1], abs=1e-15)
    one = backtest(positions, prices, cost_bps=50, benchmark="B")["benchmark"]
    assert one.to_list() == pytest.approx([0.0, 0.2], abs=1e-15)


@given(seed=st.integers(0, 10_000), rows=st.integers(0, 70), columns=st.integers(0, 40))
@settings(max_examples=40, deadline=None)
def test_sums_run_from_left_to_right_bit_for_bit(seed, rows, columns):
    values = np.random.default_rng(seed).normal(0, 1, (rows, columns))
    for row, found in zip(values, total(values), strict=True):
        obvious = 0.0
        for value in row:
            obvious += value
        assert found == obvious


def test_what_is_lost_cannot_be_lost_twice():
    prices = prices_of(([10], [10]), ([10], [10]), ([25], [25]), ([5], [5]), ([5], [5]))
    table = backtest(make_positions({0: [-1.0], 3: [-1.0]}), prices, cost_bps=5)
    assert table["gross"].to_list() == [0.0, -1.0, 0.0, 0.0]
    assert table["exposure"].to_list()[1:] == [0.0] * 3


def test_the_last_decisions_are_held_as_long_as_the_others():
    prices = random_market(sessions=30, tickers=2, seed=0)
    table = backtest(make_positions({0: [1, 0], 3: [0, 1]}), prices, cost_bps=0, hold=1)
    assert table["date"].max() == dt.date(2020, 1, 5)
    assert table.height == 4


@given(seed=st.integers(0, 10_000), execution=st.sampled_from(["next_open", "next_close", "same_close"]))
@settings(max_examples=15, deadline=None)
def test_weeks_are_traded_as_days_are(seed, execution):
    """A session is a row of the calendar, whatever lies between: only its date is another."""
    days = random_market(sessions=20, tickers=3, seed=seed, missing=0.1)
    rng = np.random.default_rng(seed)
    held = make_positions(
        {int(day): list(rng.normal(0, 0.3, 3)) for day in sorted(rng.choice(18, 7, replace=False))}
    )
    friday = pl.lit(dt.date(2020, 1, 3)) + 7 * (pl.col("date") - dt.date(2020, 1, 1))
    daily, weekly = (
        backtest(positions, prices, cost_bps=7, execution=execution, hold=2)
        for positions, prices in (
            (held, days),
            (held.with_columns(date=friday), days.with_columns(date=friday)),
        )
    )
    assert daily.with_columns(date=friday).equals(weekly)


def test_a_decision_between_sessions_belongs_to_the_session_before():
    prices = random_market(sessions=9, tickers=2, seed=1).filter(
        ~pl.col("date").is_between(dt.date(2020, 1, 4), dt.date(2020, 1, 5))
    )
    friday, sunday = make_positions({2: [0.5, -0.5]}), make_positions({4: [0.5, -0.5]})
    one, other = (backtest(decided, prices, cost_bps=5) for decided in (friday, sunday))
    assert one.equals(other)


def test_bad_input_is_named():
    prices = random_market(sessions=5, tickers=1, seed=0)
    fine = make_positions({0: [1.0], 1: [1.0]})
    with pytest.raises(InvalidData, match="no prices for B"):
        backtest(make_positions({0: [1.0, 1.0]}), prices, cost_bps=0)
    with pytest.raises(InvalidData, match="SPY"):
        backtest(fine, prices, cost_bps=0, benchmark="SPY")
    with pytest.raises(InvalidData, match="not a number"):
        backtest(make_positions({0: [float("nan")]}), prices, cost_bps=0)
    with pytest.raises(InvalidData, match="share a key"):
        backtest(pl.concat([fine, fine]), prices, cost_bps=0)
    with pytest.raises(InvalidData, match="not positive"):
        backtest(fine, prices.with_columns(close=pl.lit(0.0)), cost_bps=0)
    with pytest.raises(NotEnoughData, match="no session after"):
        backtest(make_positions({4: [1.0]}), prices, cost_bps=0)
    with pytest.raises(InvalidInput, match="expected one of"):
        backtest(fine, prices, cost_bps=0, execution="at_noon")
