"""What the simple baselines say, checked by hand: zero, a mean, the last return, a weighted mean, a line."""

import dataclasses

import numpy as np
import polars as pl

from ml_core.baselines import FittedBaseline, Lesson, fit_baseline
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Model, Task
from tests.market import FEATURES, read_windows, simulate_prices

LOOKBACK = 8
PRICES = simulate_prices(sessions=260)
WINDOWS = read_windows(PRICES, Task(horizons=(1, 5)))
DAYS = WINDOWS.sessions
SPLIT = Split(0, Span(DAYS[40], DAYS[160]), Span(DAYS[166], DAYS[190]), Span(DAYS[196], DAYS[240]))
TEST_NT = WINDOWS.usable(LOOKBACK) & WINDOWS.rows(SPLIT.test)


def fit_to(name: str, windows: Windows) -> FittedBaseline:
    return fit_baseline(Model(family=name), Lesson(windows, SPLIT, LOOKBACK, FEATURES))


def answers(name: str) -> tuple[np.ndarray, np.ndarray]:
    return fit_to(name, WINDOWS).outputs(WINDOWS, TEST_NT, FEATURES)


def test_zero_says_zero_and_mean_each_tickers_own_training_mean():
    assert not answers("zero")[0][TEST_NT].any()
    mean_NTH = answers("mean")[0] * WINDOWS.unit_NTH
    learn_NT = WINDOWS.usable(LOOKBACK) & WINDOWS.rows(SPLIT.train)
    for ticker in range(len(WINDOWS.tickers)):
        own = (WINDOWS.y_NTH * WINDOWS.unit_NTH)[ticker, learn_NT[ticker]].mean(axis=0)
        np.testing.assert_allclose(mean_NTH[ticker, 220], own, rtol=1e-4, atol=1e-9)


def test_last_says_the_return_that_has_just_ended():
    prices = PRICES.filter(ticker="CHAR")["close"].log().to_numpy()
    place = WINDOWS.tickers.index("CHAR")
    said = answers("last")[0][place] * WINDOWS.unit_NTH[place]
    for column, horizon in enumerate(WINDOWS.horizons):
        np.testing.assert_allclose(said[210, column], prices[210] - prices[210 - horizon], rtol=1e-4)


def test_ewma_is_the_weighted_mean_and_spread_of_past_returns():
    log_close = PRICES.filter(ticker="CHAR")["close"].log()
    frame = pl.DataFrame({"step": log_close.diff()}).drop_nulls()
    weighted = frame.select(
        mean=pl.col("step").ewm_mean(span=63), square=(pl.col("step") ** 2).ewm_mean(span=63)
    )
    mean, square = weighted.row(209)
    place = WINDOWS.tickers.index("CHAR")
    mean_NTH, scale_NTH = answers("ewma")
    unit_H = WINDOWS.unit_NTH[place, 210]
    np.testing.assert_allclose(mean_NTH[place, 210] * unit_H, mean * np.array([1, 5]), rtol=1e-4)
    spread = np.sqrt(np.array([1, 5]) * (square - mean**2))
    np.testing.assert_allclose(scale_NTH[place, 210] * unit_H, spread, rtol=1e-4)


def planted(slope: float) -> Windows:
    rng = np.random.default_rng(0)
    x_NTF = rng.standard_normal(WINDOWS.x_NTF.shape).astype(np.float32)
    y_NTH = rng.standard_normal(WINDOWS.y_NTH.shape).astype(np.float32) + slope * x_NTF[:, :, :1]
    return dataclasses.replace(WINDOWS, x_NTF=x_NTF, y_NTH=y_NTH)


def test_ridge_finds_a_planted_line_and_stays_near_zero_on_noise():
    noise, line = planted(0.0), planted(2.0)
    assert fit_to("ridge", noise).outputs(noise, TEST_NT, FEATURES)[0][TEST_NT].std() < 0.15
    said = fit_to("ridge", line).outputs(line, TEST_NT, FEATURES)[0][TEST_NT][:, 0]
    assert np.corrcoef(said, line.x_NTF[TEST_NT][:, 0])[0, 1] > 0.99


def test_ridge_is_the_textbooks():
    from sklearn.linear_model import Ridge

    windows, penalty = planted(0.5), 37.0
    lesson = Lesson(windows, SPLIT, LOOKBACK, FEATURES)
    learned = fit_baseline(Model(family="ridge", penalty=penalty), lesson).learned.arrays
    scaled = (lesson.learn.x_RF - learned["mean_F"]) / learned["deviation_F"]
    for column, slope_F in enumerate(learned["slope"]):
        book = Ridge(penalty).fit(np.clip(scaled, -5, 5), lesson.learn.y_RH[:, column])
        np.testing.assert_allclose(slope_F, book.coef_, rtol=1e-8)
        np.testing.assert_allclose(learned["level"][column], book.intercept_, rtol=1e-6)
