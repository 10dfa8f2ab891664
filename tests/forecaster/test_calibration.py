"""Intervals hold what they say through time, follow outcomes once these are known, and owe nothing to other tickers."""

import dataclasses

import numpy as np
import polars as pl
import pytest

from ml_core.forecaster.calibration import Calibration, fit_calibration
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Task
from ml_core.training.fit import fit
from ml_core.walkforward.rows import forecast_split, tell_volatility
from tests.market import read_windows, simulate_prices, small_experiment

PRICES = simulate_prices(tickers=8, sessions=1100, seed=5, ic=0.0)
EXPERIMENT = small_experiment(training={"epochs": 1, "windows": 256})
COLUMNS = ["ticker", "as_of", "horizon", "mean", "lower", "upper", "scale"]


def cut(windows: Windows, train: int, watch: int) -> Split:
    """Training up to one session, validation up to the other, the rest is the test."""
    days = windows.sessions
    return Split(
        0, Span(days[70], days[train - 4]), Span(days[train], days[watch - 4]), Span(days[watch], days[-4])
    )


@pytest.fixture(scope="module")
def fitted():
    windows = read_windows(PRICES, EXPERIMENT.task)
    split = cut(windows, 420, 600)
    forecaster = fit(EXPERIMENT.spec, windows, split)
    return forecaster, windows, split, forecast_split(forecaster, windows, split)


def test_on_clustering_volatility_intervals_cover_what_they_say_in_calm_and_in_storm(fitted):
    _, windows, split, scored = fitted
    units = windows.to_table(windows.rows(split.test) & windows.usable(8), unit=windows.unit_NTH)
    inside = pl.col("realized").is_between("lower", "upper").mean()
    storm = pl.col("unit").rank() > pl.len() / 2
    told = scored.with_columns(units["unit"]).with_columns(storm=storm.over("horizon"))
    overall = dict(told.group_by("horizon").agg(inside).iter_rows())
    assert overall[1] == pytest.approx(0.9, abs=0.02)
    assert overall[3] == pytest.approx(0.9, abs=0.03)
    assert told.group_by("horizon", "storm").agg(inside)["realized"].is_between(0.86, 0.94).all()


def test_after_a_change_of_the_world_widths_follow_and_served_is_still_what_was_evaluated(fitted):
    forecaster, _, split, _ = fitted
    wild = wilder(PRICES, split)
    windows = read_windows(wild, EXPERIMENT.task)
    scored = forecast_split(forecaster, windows, split)
    fixed = dataclasses.replace(
        forecaster, calibration=dataclasses.replace(forecaster.calibration, until=split.test.end)
    )
    late = pl.col("as_of") > windows.sessions[-250]
    tracked, still = (
        one.filter(late, horizon=1).select(pl.col("realized").is_between("lower", "upper").mean()).item()
        for one in (scored, forecast_split(fixed, windows, split))
    )
    assert abs(tracked - 0.9) < abs(still - 0.9)
    assert tracked == pytest.approx(0.9, abs=0.02)
    for day in (scored["as_of"].min(), windows.sessions[800], scored["as_of"].max()):
        served = forecaster.predict(wild, as_of=day)
        assert served.select(COLUMNS).equals(scored.filter(as_of=day).select(COLUMNS))


def wilder(prices: pl.DataFrame, split: Split) -> pl.DataFrame:
    """The same market with a jump every ninth session of the test span, up and down in turn."""
    number = (pl.col("date").rank("dense") - 1).cast(pl.Int32)
    jumps = (pl.col("date") > split.test.start) & (number % 9 == 0)
    bars = ["open", "high", "low", "close"]
    shift = pl.when(jumps).then(pl.when(number % 2 == 0).then(0.06).otherwise(-0.06)).otherwise(0.0)
    return prices.with_columns(pl.col(bars) * shift.cum_sum().exp().over("ticker"))


def test_a_ticker_asked_alone_or_with_no_other_at_hand_has_the_interval_it_has_among_others(fitted):
    forecaster, *_ = fitted
    among = forecaster.predict(PRICES).filter(ticker="ECHO")
    assert forecaster.predict(PRICES, tickers=("ECHO",)).equals(among)
    assert forecaster.predict(PRICES.filter(pl.col("ticker") == "ECHO")).equals(among)


def test_dates_that_calibration_saw_have_the_width_that_it_found(fitted):
    forecaster, windows, split, _ = fitted
    rows_NT = windows.usable(8) & windows.rows(split.validation)
    alone_NT = rows_NT & (np.cumsum(rows_NT, axis=1) <= 3)
    both = [forecaster.forecast(windows, rows) for rows in (rows_NT, alone_NT)]
    assert (
        both[0]
        .join(both[1], on=["ticker", "as_of", "horizon"], how="semi")
        .select(COLUMNS)
        .equals(both[1].select(COLUMNS))
    )
    needed_NT = forecaster.calibration.rows_needed(windows, windows.usable(8), rows_NT)
    assert (needed_NT == rows_NT).all()


def test_a_models_own_scale_counts_as_far_as_validation_confirms_it():
    task = Task(horizons=(1,))
    windows = read_windows(simulate_prices(tickers=4, sessions=600), task, ("momentum_1",))
    split, usable_NT = cut(windows, 350, 550), windows.usable(4)
    rng = np.random.default_rng(0)
    true_NTH, other_NTH = np.exp(0.5 * rng.normal(size=(2, *windows.y_NTH.shape)))
    drawn = dataclasses.replace(windows, y_NTH=true_NTH * rng.normal(size=true_NTH.shape))
    shares = [
        fit_calibration(drawn, split, usable_NT, np.zeros(true_NTH.shape), own_NTH).share
        for own_NTH in (true_NTH, other_NTH)
    ]
    assert shares[0] >= 0.9
    assert shares[1] <= 0.1


def test_without_calibration_outputs_stand_as_they_are():
    windows = read_windows(PRICES, EXPERIMENT.task)
    shape = windows.y_NTH.shape
    mean_NTH, reach_NTH = Calibration.none(2).apply(windows, np.full(shape, 0.3), np.full(shape, 1.7))
    assert (mean_NTH == 0.3).all()
    assert (reach_NTH == 1.7).all()


def test_calm_and_wild_are_thirds_of_a_tickers_own_training_dates_as_known_at_each_close(fitted):
    _, windows, split, _ = fitted
    train = tell_volatility(windows, dataclasses.replace(split, test=split.train))
    thirds = train.group_by("ticker", "volatility").len()["len"]
    assert thirds.is_between(thirds.sum() / 24 - 2, thirds.sum() / 24 + 2).all()
    known = read_windows(PRICES.filter(pl.col("date") <= windows.sessions[800]), EXPERIMENT.task)
    whole = tell_volatility(windows, split).filter(pl.col("as_of") <= windows.sessions[800])
    assert tell_volatility(known, split).equals(whole)


def test_a_ticker_that_came_after_training_is_told_by_the_others_thirds(fitted):
    split = fitted[2]
    late = PRICES.filter((pl.col("ticker") != "HOTL") | (pl.col("date") > split.validation.start))
    told = tell_volatility(read_windows(late, EXPERIMENT.task), split).filter(ticker="HOTL")
    assert told.height > 300
    assert told["volatility"].null_count() == 0
