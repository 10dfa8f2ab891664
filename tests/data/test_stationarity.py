"""The two tests together: a random walk has a unit root, its changes have none."""

import datetime as dt
from itertools import accumulate

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ml_core.data.stationarity import (
    LEAST_SESSIONS,
    MOST_LAGS,
    STATIONARITY,
    choose_lags,
    describe,
    judge_stationarity,
)


def make_prices(**closes) -> pl.DataFrame:
    return pl.concat(
        pl.DataFrame(
            {
                "ticker": name,
                "date": [dt.date(2020, 1, 1) + dt.timedelta(days=day) for day in range(len(close))],
                "close": close,
            }
        )
        for name, close in closes.items()
    )


def verdicts(prices: pl.DataFrame) -> dict:
    return {
        (ticker, series): verdict for ticker, series, *_, verdict in judge_stationarity(prices).iter_rows()
    }


def test_a_random_walk_has_a_unit_root_and_its_returns_have_none():
    steps = np.random.default_rng(4).normal(0.0005, 0.01, 900)
    found = verdicts(make_prices(WALK=100 * np.exp(np.cumsum(steps))))
    assert found == {("WALK", "price"): "unit root", ("WALK", "return"): "stationary"}


def test_a_price_that_always_returns_is_stationary():
    noise = np.random.default_rng(5).normal(0, 0.01, 900)
    assert verdicts(make_prices(BACK=100 * np.exp(noise)))["BACK", "price"] == "stationary"


@given(
    st.integers(0, 2**32 - 1),
    st.integers(LEAST_SESSIONS, 600),
    st.sampled_from([0.0, 0.5, 0.95, 1.0]),
    st.integers(0, 8),
)
def test_as_many_lags_are_taken_along_as_by_one_regression_for_each(seed, sessions, memory, echo):
    from statsmodels.tsa.stattools import adfuller

    noise = np.random.default_rng(seed).normal(0, 0.01, sessions)
    noise[echo:] += 0.5 * noise[: sessions - echo]
    values = np.array(list(accumulate(noise, lambda before, own: memory * before + own)))
    most = min(MOST_LAGS, sessions // 2 - 3)
    assert choose_lags(values, most) == adfuller(values, maxlag=most, autolag="BIC")[2]


def test_too_short_or_constant_histories_say_so():
    table = judge_stationarity(make_prices(NEW=np.linspace(10, 12, 20), FLAT=np.full(100, 5.0)))
    assert dict(table.schema) == STATIONARITY
    assert table["adf"].null_count() == 4
    assert set(table["verdict"]) == {"too short, needs 40", "constant"}


def test_the_verdict_names_every_pair_of_answers():
    assert [describe(0.01, 0.1), describe(0.5, 0.01), describe(0.01, 0.01), describe(0.5, 0.1)] == [
        "stationary", "unit root", "the tests disagree", "undecided",
    ]  # fmt: skip
