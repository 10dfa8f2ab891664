"""What is known of the volatility to come: from past bars only, in ratios, and with what bars there are."""

import numpy as np
import polars as pl
import pytest

from ml_core.features.volatility import STATES
from ml_core.forecaster.volatility import fit_slopes, scale_of
from ml_core.spec.experiment import Task
from tests.market import prices_of, read_windows, simulate_prices, walk

PRICES = simulate_prices(tickers=4, sessions=200)
TASK = Task(horizons=(1, 5))


def states(prices: pl.DataFrame) -> np.ndarray:
    return read_windows(prices, TASK, ("momentum_1",)).state_NTK


def test_what_comes_later_changes_no_bit_of_a_state():
    whole = states(PRICES)
    for count in (30, 131):
        known = PRICES.filter(pl.col("date") <= PRICES["date"].unique().sort()[count - 1])
        assert states(known).tobytes() == np.ascontiguousarray(whole[:, :count]).tobytes()


def test_a_ticker_alone_has_the_states_that_it_has_among_others():
    whole = states(PRICES)
    alone = states(PRICES.filter(pl.col("ticker") == "CHAR"))
    assert alone[0].tobytes() == whole[2].tobytes()


def test_states_are_finite_and_know_no_currency():
    bars = ["open", "high", "low", "close"]
    assert np.isfinite(states(PRICES)).all()
    in_cents = states(PRICES.with_columns(pl.col(bars) * 128))
    np.testing.assert_allclose(in_cents, states(PRICES), atol=2e-3)


def test_bars_without_a_range_count_by_their_change():
    flat = prices_of(walk(sessions=120, tickers=2))
    closes = flat.with_columns(pl.lit(None, pl.Float64).alias(name) for name in ("open", "high", "low"))
    found, bare = states(closes), states(closes.select("ticker", "date", "close"))
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found, bare)
    some = PRICES.with_columns(
        pl.when(pl.col("date").dt.day() == 3).then(None).otherwise(pl.col("high")).alias("high")
    )
    assert np.isfinite(states(some)).all()


def test_a_wide_day_raises_the_range_states_before_any_close_has_moved():
    calm = prices_of(walk(sessions=120, tickers=1)).with_columns(
        high=pl.col("close") * 1.005, low=pl.col("close") * 0.995
    )
    last = pl.col("date") == calm["date"].max()
    wide = calm.with_columns(
        pl.when(last).then(pl.col("high") * 1.05).otherwise(pl.col("high")).alias("high")
    )
    before, after = (dict(zip(STATES, states(one)[0, -1], strict=True)) for one in (calm, wide))
    assert after["range_2"] > before["range_2"] + 0.5
    assert after["change_5"] == before["change_5"]


def test_slopes_that_made_the_outcomes_are_found_again():
    rng = np.random.default_rng(0)
    state_NTK = rng.normal(size=(4, 5000, 2)).astype(np.float32)
    planted = np.array([[0.1, 0.4, -0.3], [-0.2, 0.0, 0.5]])
    y_NTH = scale_of(state_NTK, planted) * rng.standard_t(5, (4, 5000, 2))
    y_NTH[:, -5:, 1] = np.nan
    found = fit_slopes(y_NTH.reshape(-1, 2), state_NTK.reshape(-1, 2))
    np.testing.assert_allclose(found, planted, atol=0.03)


@pytest.mark.parametrize("outcome", [0.0, np.nan, 1e6])
def test_outcomes_that_say_nothing_give_slopes_that_are_finite(outcome):
    state_RK = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    slope_HJ = fit_slopes(np.full((50, 1), outcome, np.float32), state_RK)
    scale_NTH = scale_of(100 * state_RK[None], slope_HJ)
    assert np.isfinite(slope_HJ).all()
    assert (scale_NTH > 0).all()
    assert np.isfinite(scale_NTH).all()
