"""What becomes of a holding whose name leaves the universe, or the exchange: accounts done by hand."""

import numpy as np
import polars as pl
import pytest

from ml_core.evaluation.leakage import audit
from ml_core.portfolio.backtest import backtest
from tests.portfolio.market import make_positions, make_prices, random_market

NAN = float("nan")


def prices_of(close: list[list[float]], *, opens: list[list[float]] | None = None) -> pl.DataFrame:
    return make_prices(np.array(opens or close, dtype=float), np.array(close, dtype=float))


def ended(*, delisting: float | None = None) -> pl.DataFrame:
    """B has bars of three sessions, A of five: A never moves, B goes from 10 to 20 on its last one."""
    prices = prices_of([[10, 10], [10, 10], [10, 20], [10, NAN], [10, NAN]])
    if delisting is None:
        return prices
    return prices.with_columns(delisting=pl.when(pl.col("ticker") == "B").then(delisting))


HALVES = {session: [0.5, 0.5] for session in range(4)}


def test_without_a_word_it_leaves_at_its_last_price():
    # Taken at the open of the second session, at 10. B opens at 20 in the third: 1.5, of which B becomes a half again;
    # the day after it has no bar, and its 0.75 leave at 20.
    table = backtest(make_positions(HALVES), ended(), cost_bps=0)
    assert table["gross"].to_list() == pytest.approx([0, 0.5, 0, 0], abs=1e-15)
    assert table["turnover"].to_list() == pytest.approx([1, 1 / 3, 0.5, 0], abs=1e-15)
    closes = backtest(make_positions(HALVES), ended(), cost_bps=0, execution="next_close")
    assert closes["gross"].to_list() == pytest.approx([0, 0.5, 0, 0], abs=1e-15)
    assert closes["turnover"].to_list() == pytest.approx([1, 1 / 3, 0.5, 0], abs=1e-15)


@pytest.mark.parametrize(("told", "left"), [(-1.0, 0.5), (-0.4, 0.8), (0.25, 1.125)])
def test_a_stated_return_is_booked_on_the_session_after_the_last_bar(told, left):
    closes = backtest(make_positions(HALVES), ended(delisting=told), cost_bps=0, execution="next_close")
    # 1.5 after the doubling, halved again at that close: 0.75 of it B, that is half. B then returns what is stated.
    assert closes["gross"].to_list() == pytest.approx([0, 0.5, left - 1, 0], abs=1e-11)
    held = 0.5 * (1 + told)  # of B, sold at what is left; A goes from 0.5 / left to a half
    assert closes["turnover"][2] == pytest.approx(held / left + abs(0.5 / left - 0.5), abs=1e-11)


def test_it_is_booked_at_the_open_too_and_a_short_position_gains():
    opens = [[10, 10], [10, 10], [10, 10], [10, NAN], [10, NAN]]
    prices = prices_of([[10, 10], [10, 10], [10, 20], [10, NAN], [10, NAN]], opens=opens)
    prices = prices.with_columns(delisting=pl.when(pl.col("ticker") == "B").then(-1.0))
    table = backtest(make_positions({day: [0.5, -0.5] for day in range(4)}), prices, cost_bps=0)
    # In the third session the short half of B, reset at its open at 10, doubles against us: 0.5. Then B is worth
    # nothing: what was owed, as much as the equity of 0.5 twice, is gone.
    assert table["gross"].to_list() == pytest.approx([0, -0.5, 2.0, 0], abs=1e-11)


def test_costs_are_paid_on_what_is_left():
    closes = backtest(make_positions(HALVES), ended(delisting=-1.0), cost_bps=100, execution="next_close")
    assert closes["turnover"][2] == pytest.approx(0.5, abs=1e-11)  # A alone, from all of the equity to a half
    assert closes["net"][2] == pytest.approx(0.5 * (1 - 0.005) - 1, abs=1e-11)


def leaving(session: int, *, of: int = 6) -> pl.DataFrame:
    """A doubles in every session from the third on and B stands still; A is in the universe before that session."""
    close = [[10.0 * 2 ** max(0, day - 1), 10.0] for day in range(of)]
    prices = prices_of(close, opens=[[10.0, 10.0], [10.0, 10.0], *close[1:-1]])
    first = prices["date"].unique().sort()[session]
    return prices.with_columns(member=(pl.col("ticker") == "B") | (pl.col("date") < first))


def test_a_name_that_leaves_the_universe_is_sold_at_the_open_of_its_first_session_out():
    positions = make_positions({0: [0.5, 0.5], 5: [0.5, 0.5]})
    table = backtest(positions, leaving(4), cost_bps=0, hold=1)
    # Bought at the open of session 1 at 10; closes of A: 10, 20, 40 in sessions 1 to 3. Sold at the open of session 4,
    # at 40: the equity of 0.5 · 4 + 0.5 = 2.5 then holds B alone, a fifth of it.
    assert table["gross"].to_list() == pytest.approx([0, 0.5, 2.5 / 1.5 - 1, 0, 0], abs=1e-12)
    assert table["turnover"].to_list() == pytest.approx([1, 0, 0, 0.8, 0], abs=1e-12)
    assert table["exposure"].to_list() == pytest.approx([1, 1, 1, 0.2, 0.2], abs=1e-12)


def test_what_is_decided_on_the_last_day_in_is_not_bought_the_day_after():
    table = backtest(make_positions({3: [1.0, 0.0], 4: [1.0, 0.0]}), leaving(4), cost_bps=10)
    assert table["turnover"].to_list() == [0, 0] and table["net"].to_list() == [0, 0]


def test_who_joins_later_is_no_part_of_what_is_bought_and_held():
    prices = leaving(4).with_columns(
        member=(pl.col("ticker") == "B") | (pl.col("date") >= pl.lit("2020-01-04").str.to_date())
    )
    table = backtest(make_positions({0: [0.5, 0.5], 3: [0.5, 0.5]}), prices, cost_bps=0)
    assert table["benchmark"].to_list() == pytest.approx([0, 0, 0, 0], abs=1e-15)


def test_everyone_being_in_changes_no_bit_of_an_account():
    prices, positions = random_market(sessions=60, tickers=4, seed=1, missing=0.1), {}
    rng = np.random.default_rng(2)
    for session in range(50):
        positions[session] = list(rng.normal(0, 0.2, 4))
    plain = backtest(make_positions(positions), prices, cost_bps=5, hold=3)
    everyone = prices.with_columns(member=pl.lit(value=True), delisting=pl.lit(None, pl.Float64))
    assert backtest(make_positions(positions), everyone, cost_bps=5, hold=3).equals(plain)


@pytest.mark.parametrize("execution", ["next_open", "next_close", "same_close"])
def test_no_leaving_changes_what_was_before_it(execution):
    prices, rng = random_market(sessions=80, tickers=5, seed=4), np.random.default_rng(0)
    spans = {name: tuple(sorted(rng.integers(5, 75, 2))) for name in "ABCD"}
    days = prices["date"].unique().sort()
    outside = pl.any_horizontal(
        (pl.col("ticker") == name) & pl.col("date").is_between(days[int(a)], days[int(b)])
        for name, (a, b) in spans.items()
    )
    prices = prices.with_columns(member=~outside, delisting=pl.when(pl.col("ticker") == "E").then(-0.5))
    positions = make_positions({session: list(rng.normal(0, 0.2, 5)) for session in range(75)})

    def build(changed: pl.DataFrame) -> pl.DataFrame:
        known = positions.filter(pl.col("date") <= changed["date"].max())
        names = set(changed["ticker"])
        return backtest(
            known.filter(pl.col("ticker").is_in(names)), changed, cost_bps=5, execution=execution, hold=3
        ).drop("benchmark")

    assert audit(build, prices, as_of=[days[20], days[41], days[60]], seed=0) == []
