"""Risk is sized by what was realised up to the date, and by nothing later."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_core.errors import InvalidData
from ml_core.portfolio.market import Market, check_calendar
from ml_core.portfolio.volatility import target_book, target_each
from tests.portfolio.market import make_positions, make_prices, random_market

PRICES = random_market(sessions=60, tickers=4, seed=5)
MARKET = Market(PRICES)


def closes(prices: pl.DataFrame, ticker: str) -> np.ndarray:
    return prices.filter(ticker=pl.lit(ticker)).sort("date")["close"].to_numpy()


def test_realised_volatility_is_the_deviation_of_the_last_returns():
    found = MARKET.volatility(20).filter(ticker=pl.lit("B")).sort("date")["volatility"].to_list()
    moves = np.diff(np.log(closes(PRICES, "B")))
    assert found[:20] == [None] * 20
    for place in range(20, 60):
        assert found[place] == pytest.approx(moves[place - 20 : place].std(ddof=1), rel=1e-9)


def test_a_conviction_is_scaled_to_the_daily_target_and_stays_within_one():
    units = make_positions({30: [0.5, -0.5, 0.02, 0.0], 5: [1, 1, 1, 1]}).rename({"weight": "unit"})
    scaled = target_each(units, MARKET, daily=0.01, sessions=20)
    assert scaled.filter(date=dt.date(2020, 1, 6))["unit"].to_list() == [0, 0, 0, 0]  # nothing is known yet
    moves = [np.diff(np.log(closes(PRICES, name)))[10:30].std(ddof=1) for name in "ABCD"]
    wanted = np.clip(np.array([0.5, -0.5, 0.02, 0.0]) * 0.01 / np.array(moves), -1, 1)
    assert scaled.filter(date=dt.date(2020, 1, 31))["unit"].to_list() == pytest.approx(list(wanted), rel=1e-9)
    wild = target_each(units, MARKET, daily=1.0, sessions=20)
    assert wild["unit"].abs().max() == 1.0


def test_a_week_may_move_as_much_as_its_days_together():
    units = make_positions({30: [0.1, 0.1, 0.1, 0.1]}).rename({"weight": "unit"})
    day, week = (
        target_each(units, Market(PRICES, periods), daily=0.01, sessions=20)["unit"].to_numpy()
        for periods in (252.0, 52.0)
    )
    np.testing.assert_allclose(week, day * (252 / 52) ** 0.5)


def test_a_book_is_scaled_so_that_its_past_had_the_yearly_target():
    positions = make_positions({40: [0.5, -0.3, 0.0, 0.2], 59: [0.1, 0.1, 0.1, 0.1]})
    scaled = target_book(positions, MARKET, yearly=0.12, sessions=30)
    for day, (before, after) in zip(
        (40, 59), zip(positions.partition_by("date"), scaled.partition_by("date"), strict=True), strict=True
    ):
        moves_TN = np.array([closes(PRICES, name)[1:] / closes(PRICES, name)[:-1] - 1 for name in "ABCD"]).T
        past = moves_TN[day - 30 : day] @ after["weight"].to_numpy()
        assert past.std(ddof=1) * 252**0.5 == pytest.approx(0.12)
        ratio = after["weight"].to_numpy()[[0, 1, 3]] / before["weight"].to_numpy()[[0, 1, 3]]
        assert ratio == pytest.approx([ratio[0]] * 3)


def test_the_yearly_target_of_a_weekly_book_is_met_by_its_weeks():
    weeks = PRICES.with_columns(date=pl.lit(dt.date(2020, 1, 3)) + 7 * (pl.col("date") - dt.date(2020, 1, 1)))
    market = Market(weeks, 52.0)
    check_calendar(market)
    decided = dt.date(2020, 1, 3) + dt.timedelta(weeks=45)
    held = {"A": 0.5, "B": -0.3, "C": 0.2}
    positions = pl.DataFrame({"ticker": list(held), "date": [decided] * 3, "weight": list(held.values())})
    scaled = target_book(positions, market, yearly=0.12, sessions=30)["weight"].to_numpy()
    moves_TN = np.array([closes(weeks, name)[1:] / closes(weeks, name)[:-1] - 1 for name in held]).T
    weekly = moves_TN[15:45] @ scaled
    assert weekly.std(ddof=1) == pytest.approx(0.12 / 52**0.5)
    assert scaled / scaled[0] == pytest.approx(np.array(list(held.values())) / 0.5)


def test_a_name_of_unknown_risk_has_no_position_and_leaves_the_others_theirs():
    close_TN = np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.02, (60, 3)), axis=0))
    young = close_TN.copy()
    young[:30, 2] = np.nan
    positions = make_positions({45: [0.3, -0.3, 0.3]})
    scaled = target_book(positions, Market(make_prices(young, young)), yearly=0.12, sessions=20)
    alone = target_book(
        make_positions({45: [0.3, -0.3]}),
        Market(make_prices(young[:, :2], young[:, :2])),
        yearly=0.12,
        sessions=20,
    )
    assert scaled["weight"].to_list() == [*alone["weight"].to_list(), 0.0]


def test_weeks_that_are_counted_as_days_are_refused():
    weeks = PRICES.with_columns(date=pl.lit(dt.date(2020, 1, 3)) + 7 * (pl.col("date") - dt.date(2020, 1, 1)))
    check_calendar(Market(weeks, 52.0))
    check_calendar(Market(PRICES, 252.0))
    with pytest.raises(InvalidData, match=r"a session every 7\.0 days; expected one every 1\.4, 252 a year"):
        check_calendar(Market(weeks, 252.0))
    with pytest.raises(InvalidData, match="52 a year"):
        check_calendar(Market(PRICES, 52.0))
