"""The log-HAR: the textbook's regression on bars, a level that is right, and answers where little is known."""

from dataclasses import replace

import numpy as np
import polars as pl

from ml_core.baselines import PanelRows, fit_baseline
from ml_core.baselines.log_har import predict
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Model, Task
from tests.baselines.rows import lesson_of, rows_asked, windows_of
from tests.market import read_windows, simulate_prices

PRICES = simulate_prices(tickers=1, sessions=900)
TICKER = PRICES["ticker"][0]
HORIZONS = (1, 5)


def windows(prices: pl.DataFrame = PRICES, target: str = "return") -> Windows:
    return read_windows(prices, Task(horizons=HORIZONS, target=target), ("momentum_1",))


def by_the_book(horizon: int, taught: np.ndarray) -> np.ndarray:
    """A constant and the slopes of log variances by plain least squares, from the bars themselves."""
    before = pl.col("close").shift(1)
    day = (pl.col("open") / before).log() ** 2 + (pl.col("high") / pl.col("low")).log() ** 2 / (4 * np.log(2))
    table = PRICES.with_columns(day=day).with_columns(
        day1=pl.col("day").log(),
        week=pl.col("day").rolling_mean(5).log(),
        month=pl.col("day").rolling_mean(22).log(),
        ahead=pl.col("day").rolling_mean(horizon).shift(-horizon).log(),
    )
    table = table.filter(pl.Series(taught)).select("day1", "week", "month", "ahead").drop_nulls()
    x = np.column_stack([np.ones(table.height), table.select("day1", "week", "month").to_numpy()])
    return np.linalg.lstsq(x, table["ahead"].to_numpy(), rcond=None)[0]


def test_its_slopes_are_those_of_least_squares_on_the_bars():
    lesson = lesson_of(windows())
    slope_HJ = fit_baseline(Model(family="log_har"), lesson).learned.arrays["slope"][0]
    taught_T = lesson.known_TH[:, 0].copy()
    taught_T[:22] = False  # spans are shorter there, which the book has not
    for place, horizon in enumerate(HORIZONS):
        np.testing.assert_allclose(slope_HJ[place], by_the_book(horizon, taught_T)[1:], atol=0.03)


def test_its_variance_is_right_on_average_where_it_learned():
    for target in ("return", "excess", "rank"):
        lesson = lesson_of(windows(simulate_prices(tickers=6, sessions=900), target))
        told = fit_baseline(Model(family="log_har"), lesson).outputs(lesson.windows, lesson.learn.rows_NT, ())
        ratio_NTH = (lesson.windows.y_NTH / told[1])[lesson.learn.rows_NT] ** 2
        assert 0.8 < np.nanmean(ratio_NTH) < 1.25, target


def test_a_day_that_says_much_of_the_next_is_told_by_its_range():
    """Two tickers with the same closes: one moved far within its last day."""
    far = pl.col("date") == PRICES["date"][800]
    wide = PRICES.with_columns(
        high=pl.when(far).then(pl.col("high") * 1.05).otherwise("high"),
        low=pl.when(far).then(pl.col("low") / 1.05).otherwise("low"),
    )
    learned = fit_baseline(Model(family="log_har"), lesson_of(windows())).learned
    rows_NT = np.arange(900)[None, :] == 800
    calm, wild = (predict(learned, PanelRows(windows(prices), rows_NT, ()))[1] for prices in (PRICES, wide))
    assert (wild > 1.1 * calm).all()


def test_a_young_ticker_takes_what_all_have_and_is_named():
    rng = np.random.default_rng(3)
    step_TN = 0.01 * rng.standard_normal((500, 3))
    step_TN[:330, 2] = np.nan
    lesson = lesson_of(windows_of(step_TN))
    har = fit_baseline(Model(family="log_har"), lesson)
    assert har.learned.notes[0].endswith(": C")
    np.testing.assert_allclose(har.learned.arrays["level"][2], har.learned.arrays["level"][3])
    assert np.isfinite(har.outputs(lesson.windows, rows_asked(lesson), ())[1][rows_asked(lesson)]).all()


def test_after_a_month_without_bars_the_unit_stands_for_what_is_not_known():
    rng = np.random.default_rng(4)
    step_TN = 0.01 * rng.standard_normal((500, 2))
    step_TN[440:470, 0] = np.nan
    panel = windows_of(step_TN)
    lesson = lesson_of(panel)
    rows_NT = np.zeros_like(panel.present_NT)
    rows_NT[0, 470] = True
    assert np.isnan(panel.moved_NT[0, 440:471]).all()
    scale_NTH = fit_baseline(Model(family="log_har"), lesson).outputs(panel, rows_NT, ())[1]
    assert (scale_NTH[0, 470] > 0.5).all()
    assert (scale_NTH[0, 470] < 2).all()


def test_prices_that_never_move_have_a_scale_still():
    lesson = replace(lesson_of(windows_of(np.zeros((300, 2)))), rival=True)
    rows_NT = rows_asked(lesson)
    scale_NTH = fit_baseline(Model(family="log_har"), lesson).outputs(lesson.windows, rows_NT, ())[1]
    assert (scale_NTH[rows_NT] > 0).all()
    assert np.isfinite(scale_NTH[rows_NT]).all()
