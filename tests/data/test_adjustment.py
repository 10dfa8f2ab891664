"""Adjusting forward: what a split and a dividend do to returns, and that a row knows the past only."""

import datetime as dt
import math

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_core.data.frequency import at_frequency, is_week_over
from ml_core.data.store.bars import adjust
from ml_core.frames import BARS, PRICES, conform

START = dt.date(2024, 1, 1)


def make_bars(
    closes, *, dividends=None, splits=None, basis="traded", ticker="X", start=START
) -> pl.DataFrame:
    count = len(closes)
    closes = np.asarray(closes, dtype=float)
    return conform(
        pl.DataFrame(
            {
                "ticker": [ticker] * count,
                "date": [start + dt.timedelta(days=day) for day in range(count)],
                "open": closes * 0.99,
                "high": closes * 1.02,
                "low": closes * 0.97,
                "close": closes,
                "volume": np.full(count, 1000.0),
                "dividend": dividends if dividends is not None else np.zeros(count),
                "split": splits if splits is not None else np.ones(count),
                "adj_close": pl.Series([None] * count, dtype=pl.Float64),
                "basis": [basis] * count,
            }
        ),
        BARS,
        "bars",
    )


def returns(prices: pl.DataFrame) -> np.ndarray:
    return prices.sort("date")["close"].log().diff().drop_nulls().to_numpy()


@st.composite
def histories(draw):
    """Closes of an undisturbed share, with payments and splits at some sessions."""
    count = draw(st.integers(2, 30))
    steps = draw(st.lists(st.floats(-0.2, 0.2), min_size=count, max_size=count))
    splits = draw(st.lists(st.sampled_from([1.0, 1.0, 1.0, 2.0, 0.1, 1.5]), min_size=count, max_size=count))
    yields = draw(st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.01, 0.2]), min_size=count, max_size=count))
    return np.array(steps), np.array([1.0, *splits[1:]]), np.array([0.0, *yields[1:]])


@given(histories())
@settings(max_examples=60, deadline=None)
def test_a_split_leaves_returns_unchanged(history):
    steps, splits, _ = history
    plain = 100 * np.exp(np.cumsum(steps))
    as_traded = adjust(make_bars(plain / np.cumprod(splits), splits=splits))
    np.testing.assert_allclose(returns(as_traded), returns(adjust(make_bars(plain))), atol=1e-9)


@given(histories())
@settings(max_examples=60, deadline=None)
def test_a_dividend_is_reinvested_at_the_close(history):
    """One share, its payments buying more of it: the value of the account is the adjusted close."""
    steps, splits, yields = history
    price, shares, closes, dividends, account = 100.0, 1.0, [], [], []
    for step, split, paid in zip(steps, splits, yields, strict=True):
        price = price * math.exp(step) / split
        dividend = price * paid
        shares = shares * split * (1 + dividend / price)
        closes.append(price)
        dividends.append(dividend)
        account.append(shares * price)
    prices = adjust(make_bars(closes, dividends=dividends, splits=splits))
    np.testing.assert_allclose(prices["close"].to_numpy(), account, rtol=1e-9)


@given(histories(), st.data())
@settings(max_examples=60, deadline=None)
def test_a_row_depends_on_itself_and_earlier_rows_only(history, data):
    steps, splits, yields = history
    closes = 100 * np.exp(np.cumsum(steps)) / np.cumprod(splits)
    bars = make_bars(closes, dividends=closes * yields, splits=splits)
    upto = data.draw(st.integers(1, len(closes)))
    changed = bars.with_columns(
        pl.when(pl.int_range(pl.len()) < upto).then(name).otherwise(pl.col(name) * 3 + 1).alias(name)
        for name in ("close", "dividend", "split", "volume")
    )
    for other in (changed, bars.head(upto)):
        assert adjust(other).head(upto).equals(adjust(bars).head(upto))


@given(histories())
@settings(max_examples=30, deadline=None)
def test_tickers_and_the_order_of_rows_do_not_mix(history):
    steps, splits, _ = history
    closes = 100 * np.exp(np.cumsum(steps))
    one, two = make_bars(closes, splits=splits), make_bars(closes[::-1], ticker="Y")
    mixed = pl.concat([two, one]).sample(fraction=1.0, shuffle=True, seed=3)
    assert adjust(mixed).equals(pl.concat([adjust(one), adjust(two)]))


def test_prices_that_know_of_their_splits_are_not_split_again():
    bars = make_bars([100.0, 101.0, 102.0], splits=[1.0, 4.0, 1.0], basis="split_adjusted")
    assert adjust(bars)["close"].to_list() == [100.0, 101.0, 102.0]
    assert adjust(bars)["volume"].to_list() == [1000.0] * 3


def test_close_only_bars_are_adjusted_and_the_rest_stays_null():
    bars = make_bars([10.0, 11.0]).with_columns(
        pl.lit(None, pl.Float64).alias(name)
        for name in ("open", "high", "low", "volume", "dividend", "split")
    )
    prices = adjust(bars)
    assert prices["close"].to_list() == [10.0, 11.0]
    assert prices["open"].null_count() == 2


def test_a_week_is_its_first_open_highest_high_lowest_low_and_last_close():
    days = adjust(make_bars([10.0, 12.0, 9.0, 11.0, 10.5, 20.0], start=dt.date(2024, 1, 1)))
    days = days.with_columns(
        pl.when(pl.col("date") == dt.date(2024, 1, 6))
        .then(dt.date(2024, 1, 8))
        .otherwise("date")
        .alias("date")
    )
    week = at_frequency(days, "weekly")
    assert list(week.schema.items()) == list(PRICES.items())
    assert week["date"].to_list() == [dt.date(2024, 1, 5)]
    row = week.row(0, named=True)
    assert (row["open"], row["close"], row["volume"]) == (10.0 * 0.99, 10.5, 5000.0)
    assert (row["high"], row["low"]) == (12.0 * 1.02, 9.0 * 0.97)


def test_a_week_of_a_source_without_volume_has_none():
    days = adjust(make_bars([10.0] * 5).with_columns(pl.lit(None, pl.Float64).alias("volume")))
    assert at_frequency(days, "weekly")["volume"].to_list() == [None]


def test_a_week_still_running_makes_no_bar():
    days = adjust(make_bars([10.0] * 10, start=dt.date(2024, 1, 1)))  # Monday to Wednesday of the next week
    days = days.filter(pl.col("date").dt.weekday() < 6)
    assert at_frequency(days, "weekly")["date"].to_list() == [dt.date(2024, 1, 5)]


@given(st.integers(5, 40))
@settings(max_examples=20, deadline=None)
def test_weekly_returns_compound_from_daily_ones(count):
    days = adjust(make_bars(np.linspace(50, 80, count)))
    weeks = at_frequency(days.filter(pl.col("date").dt.weekday() < 6), "weekly")
    same_days = days.filter(pl.col("date").is_in(weeks["date"].to_list()))
    assert weeks["close"].to_list() == same_days["close"].to_list()


def test_a_holiday_on_friday_ends_the_week_on_thursday() -> None:
    assert is_week_over(dt.date(2024, 3, 28), "XNYS")
    assert not is_week_over(dt.date(2024, 3, 28), "data")
    assert not is_week_over(dt.date(2024, 3, 27), "XNYS")
