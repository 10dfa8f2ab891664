"""Prices as a chart shows them: on the scale of the day looked from, with averages and the numbers above it."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_core.data.store.bars import adjust
from ml_core.frames import BARS
from serving.outlook import dates_ahead
from serving.quotes import build_history, build_quote

FIRST = dt.date(2024, 1, 1)


def traded(close: list[float], **events: dict[int, float]) -> pl.DataFrame:
    """PRICES of bars as they were traded, with dividends and splits on numbered days."""
    days = len(close)
    column = {
        name: [events.get(name, {}).get(day, default) for day in range(days)]
        for name, default in (("dividend", 0.0), ("split", 1.0))
    }
    bars = pl.DataFrame(
        {
            "ticker": "A",
            "date": [FIRST + dt.timedelta(days=day) for day in range(days)],
            **dict.fromkeys(("open", "high", "low", "close"), close),
            "volume": [1000.0] * days,
            **column,
            "adj_close": pl.Series([None] * days, dtype=pl.Float64),
            "basis": "traded",
        }
    )
    return adjust(bars.select(list(BARS)))


def test_the_last_close_is_as_traded_and_a_split_leaves_no_jump():
    history = build_history(traded([100, 100, 50, 50], split={2: 2.0}))
    assert history["close"].to_list() == [50, 50, 50, 50]
    assert history["volume"].to_list() == [2000, 2000, 1000, 1000]


def test_a_dividend_leaves_no_jump_and_no_trace_in_the_volume():
    history = build_history(traded([100, 98, 98], dividend={1: 2.0}))
    assert history["close"].to_list() == pytest.approx([98 / (1 + 2 / 98) * 100 / 98, 98, 98])
    assert history["volume"].to_list() == pytest.approx([1000] * 3)


def test_seen_from_a_past_day_its_own_close_is_as_traded():
    prices = traded([100, 100, 50, 50], split={2: 2.0})
    history = build_history(prices, unit=FIRST + dt.timedelta(days=1))
    assert history["close"].to_list() == [100, 100, 100, 100]
    assert history["volume"].to_list() == [1000, 1000, 500, 500]


def test_moving_averages_begin_when_they_are_full():
    close = np.random.default_rng(0).uniform(90, 110, 260)
    history = build_history(traded(close.tolist()))
    for span in (50, 200):
        average = history[f"average_{span}"]
        assert average.null_count() == span - 1
        assert average[-1] == pytest.approx(close[-span:].mean())


def test_the_quote_looks_back_one_session_and_one_year():
    close = [1.0, *np.linspace(100, 199, 400).tolist(), 190.0]
    quote = build_quote(build_history(traded(close)))
    assert quote.change == pytest.approx(190 / 199 - 1)
    assert quote.high == 199
    assert quote.low == pytest.approx(close[-365])


def test_one_session_has_no_change():
    assert build_quote(build_history(traded([5.0]))).change is None


def test_horizons_land_on_sessions_of_the_exchange():
    ahead = dates_ahead(dt.date(2024, 7, 3), (1, 2, 30), calendar="XNYS", frequency="daily")
    assert ahead[1] == dt.date(2024, 7, 5)
    assert ahead[2] == dt.date(2024, 7, 8)
    assert ahead[30] > dt.date(2024, 8, 1)


def test_weekly_horizons_land_on_fridays_and_dateless_ones_on_weekdays():
    weekly = dates_ahead(dt.date(2024, 7, 3), (1, 4), calendar="XNYS", frequency="weekly")
    assert weekly == {1: dt.date(2024, 7, 12), 4: dt.date(2024, 8, 2)}
    assert dates_ahead(dt.date(2024, 7, 5), (1,), calendar="data", frequency="daily")[1] == dt.date(
        2024, 7, 8
    )


def test_a_horizon_far_ahead_still_has_a_date():
    assert dates_ahead(dt.date(2024, 7, 3), (1500,), calendar="data", frequency="daily")[1500].year == 2030
