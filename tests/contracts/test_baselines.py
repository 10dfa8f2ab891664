"""What every baseline must keep, whichever is added to its folder."""

import dataclasses

import numpy as np
import pytest

from ml_core import choices
from ml_core.experiment import Task
from ml_core.splits import Span, Split
from ml_core.walkforward import BASELINES, forecast_baselines
from ml_core.windows import Windows
from tests.market import read_windows, simulate_prices

NAMES = choices.names(BASELINES)
LOOKBACK = 8
TASK = Task(lookback=LOOKBACK, horizons=(1, 5))
WINDOWS = read_windows(simulate_prices(sessions=220), TASK)
DAYS = WINDOWS.sessions
SPLIT = Split(0, Span(DAYS[40], DAYS[120]), Span(DAYS[126], DAYS[150]), Span(DAYS[156], DAYS[200]))
TEST_NT = WINDOWS.usable(LOOKBACK) & WINDOWS.rows(SPLIT.test)
every_baseline = pytest.mark.parametrize("name", NAMES)


def forecast(name: str, windows: Windows = WINDOWS) -> np.ndarray:
    return np.array(choices.load(BASELINES, name).predict(windows, SPLIT, LOOKBACK))


def with_targets_from(place: int) -> Windows:
    """The same windows, every target that is known only after this session changed."""
    y_NTH = WINDOWS.y_NTH.copy()
    for column, horizon in enumerate(WINDOWS.horizons):
        y_NTH[:, place - horizon + 1 :, column] = 7.0
    return dataclasses.replace(WINDOWS, y_NTH=y_NTH)


@every_baseline
def test_it_answers_every_test_row_and_horizon(name):
    mean_NTH = forecast(name)
    assert mean_NTH.shape == WINDOWS.y_NTH.shape
    assert np.isfinite(mean_NTH[TEST_NT]).all()


@every_baseline
def test_what_comes_after_validation_is_unknown_to_it_but_for_outcomes_known_that_day(name):
    before = forecast(name)
    first = DAYS.index(SPLIT.test.start)
    for session in (first, first + 20, DAYS.index(SPLIT.test.end)):
        after = forecast(name, with_targets_from(session + 1))
        assert np.array_equal(before[:, first : session + 1], after[:, first : session + 1])
    if name != "last":
        assert np.array_equal(before[TEST_NT], forecast(name, with_targets_from(first))[TEST_NT])


@every_baseline
def test_features_after_a_session_do_not_reach_it(name):
    place = DAYS.index(SPLIT.test.start) + 10
    x_NTF = WINDOWS.x_NTF.copy()
    x_NTF[:, place:] = 3.0
    changed = forecast(name, dataclasses.replace(WINDOWS, x_NTF=x_NTF))
    np.testing.assert_allclose(changed[:, 156:place], forecast(name)[:, 156:place], rtol=1e-6)


@every_baseline
def test_a_ticker_without_any_bar_in_training_is_answered(name):
    late_NT = WINDOWS.present_NT.copy()
    late_NT[0, :130] = False
    windows = dataclasses.replace(WINDOWS, present_NT=late_NT)
    assert np.isfinite(forecast(name, windows)[TEST_NT]).all()


def test_zero_says_zero_and_mean_each_tickers_own_training_mean():
    assert not forecast("zero").any()
    mean_NTH = forecast("mean") * WINDOWS.unit_NTH
    learn_NT = WINDOWS.usable(LOOKBACK) & WINDOWS.rows(SPLIT.train)
    for ticker in range(len(WINDOWS.tickers)):
        own = (WINDOWS.y_NTH * WINDOWS.unit_NTH)[ticker, learn_NT[ticker]].mean(axis=0)
        np.testing.assert_allclose(mean_NTH[ticker, 180], own, rtol=1e-4, atol=1e-9)


def test_last_says_the_return_that_has_just_ended():
    prices = simulate_prices(sessions=220).filter(ticker="CHAR")["close"].log().to_numpy()
    said = forecast("last")[WINDOWS.tickers.index("CHAR")] * WINDOWS.unit_NTH[WINDOWS.tickers.index("CHAR")]
    for column, horizon in enumerate(WINDOWS.horizons):
        np.testing.assert_allclose(said[170, column], prices[170] - prices[170 - horizon], rtol=1e-4)


def test_ridge_finds_a_planted_line_and_stays_near_zero_on_noise():
    rng = np.random.default_rng(0)
    x_NTF = rng.standard_normal(WINDOWS.x_NTF.shape).astype(np.float32)
    y_NTH = rng.standard_normal(WINDOWS.y_NTH.shape).astype(np.float32)
    present = np.ones_like(WINDOWS.present_NT)
    noise = dataclasses.replace(WINDOWS, x_NTF=x_NTF, y_NTH=y_NTH, present_NT=present)
    assert forecast("ridge", noise)[TEST_NT].std() < 0.15
    planted = dataclasses.replace(noise, y_NTH=y_NTH + 2 * x_NTF[:, :, :1])
    said = forecast("ridge", planted)[TEST_NT][:, 0]
    assert np.corrcoef(said, x_NTF[TEST_NT][:, 0])[0, 1] > 0.99


def test_every_baseline_stands_on_exactly_the_scored_rows():
    tables = forecast_baselines(WINDOWS, SPLIT, LOOKBACK)
    assert set(tables) == set(NAMES) >= {"zero", "mean", "last", "ridge"}
    for table in tables.values():
        assert table.height == TEST_NT.sum() * len(WINDOWS.horizons)
        assert table["mean"].null_count() == 0
        assert table.select("ticker", "as_of", "horizon").equals(
            tables["zero"].select("ticker", "as_of", "horizon")
        )
