"""What every baseline must keep, whichever is added to its folder: it is a model like any other, on the same rows."""

import dataclasses
import datetime as dt
import json
import subprocess
import sys
from functools import cache

import numpy as np
import polars as pl
import pytest

from ml_core.baselines import BASELINES, FittedBaseline, Lesson, PanelRows, fit_baseline
from ml_core.forecaster.files import load_forecaster, save_forecaster
from ml_core.forecaster.forecaster import Forecaster
from ml_core.forecaster.learners import complete, config_class
from ml_core.models.family import FAMILIES
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import Windows
from ml_core.spec import choices
from ml_core.spec.experiment import Model, Reading, RunSpec, Task
from ml_core.spec.ranges import OneOf, ranges_of
from ml_core.training.fit import fit
from ml_core.walkforward.beside import baselines_beside, forecast_baselines
from tests.market import FEATURES, read_windows, simulate_prices, small_experiment

NAMES = choices.names(BASELINES)
FEW = {"trees": 8, "depth": 3, "leaf": 20}
LIGHT = {
    "random_forest": FEW,
    "hist_gradient_boosting": FEW,
    "xgboost": FEW,
}  # quick, and still all of the code
LOOKBACK = 8
TASK, READING = Task(horizons=(1, 5)), Reading(lookback=LOOKBACK)
PRICES = simulate_prices(sessions=260)
WINDOWS = read_windows(PRICES, TASK)
DAYS = WINDOWS.sessions
SPLIT = Split(0, Span(DAYS[40], DAYS[160]), Span(DAYS[166], DAYS[190]), Span(DAYS[196], DAYS[240]))
TEST_NT = WINDOWS.usable(LOOKBACK) & WINDOWS.rows(SPLIT.test)
LONGER = ("garch", "gjr_garch", "log_har", "mean", "sarima")  # rivals that learn up to the test
every_baseline = pytest.mark.parametrize("name", NAMES)


def model_of(name: str) -> Model:
    return complete(Model(family=name, **LIGHT.get(name, {})))


def fit_to(name: str, windows: Windows, *, rival: bool = False) -> FittedBaseline:
    return fit_baseline(model_of(name), Lesson(windows, SPLIT, LOOKBACK, FEATURES, seed=3, rival=rival))


@cache
def fitted(name: str) -> FittedBaseline:
    return fit_to(name, WINDOWS)


@cache
def fitted_rival(name: str) -> FittedBaseline:
    return fit_to(name, WINDOWS, rival=True)


@cache
def forecaster(name: str) -> Forecaster:
    return fit(RunSpec(task=TASK, reading=READING, model=model_of(name), seed=3), WINDOWS, SPLIT)


def answers(name: str, windows: Windows, rows_NT: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return fitted(name).outputs(windows, rows_NT, FEATURES)


def later_changed(until: dt.date, *, seed: int = 0) -> pl.DataFrame:
    """The prices with every bar after that day replaced."""
    rng, later = np.random.default_rng(seed), pl.col("date") > until
    factor = pl.Series(np.exp(rng.normal(0, 0.3, PRICES.height)))
    return PRICES.with_columns(
        pl.when(later).then(pl.col(name) * factor).otherwise(pl.col(name)).alias(name)
        for name in ("open", "high", "low", "close", "volume")
    )


def same_bits(one: tuple[np.ndarray, ...], other: tuple[np.ndarray, ...], rows=...) -> bool:
    return all(np.array_equal(a[rows], b[rows], equal_nan=True) for a, b in zip(one, other, strict=True))


@every_baseline
def test_it_answers_every_asked_place_and_horizon_and_no_other(name):
    mean_NTH, scale_NTH = answers(name, WINDOWS, TEST_NT)
    assert mean_NTH.shape == scale_NTH.shape == WINDOWS.y_NTH.shape
    assert np.isfinite(mean_NTH[TEST_NT]).all()
    assert (scale_NTH[TEST_NT] > 0).all()
    assert np.isfinite(scale_NTH[TEST_NT]).all()
    assert np.isnan(mean_NTH[~TEST_NT]).all()
    assert np.isnan(scale_NTH[~TEST_NT]).all()
    spread = (WINDOWS.y_NTH / scale_NTH)[TEST_NT]
    assert 0.3 < np.nanstd(spread) < 3, "a scale is about as wide as the outcomes"


@every_baseline
def test_what_comes_after_a_session_changes_no_bit_of_what_it_says_there(name):
    whole = answers(name, WINDOWS, TEST_NT)
    for place in (196, 217, 239):
        rows_NT = TEST_NT & (np.arange(len(DAYS)) <= place)
        cut = read_windows(PRICES.filter(pl.col("date") <= DAYS[place]), TASK)
        kept = (slice(None), slice(place + 1))
        short = answers(name, cut, rows_NT[kept])
        assert same_bits(tuple(part[kept] for part in whole), short, rows_NT[kept])
        changed = answers(name, read_windows(later_changed(DAYS[place]), TASK), rows_NT)
        assert same_bits(whole, changed, rows_NT)


def same_lesson(one: FittedBaseline, other: FittedBaseline) -> bool:
    arrays, others = one.learned.arrays, other.learned.arrays
    return (
        one.learned.facts == other.learned.facts
        and np.array_equal(one.deviation_H, other.deviation_H)
        and arrays.keys() == others.keys()
        and all(np.array_equal(part, others[key], equal_nan=True) for key, part in arrays.items())
    )


@every_baseline
def test_it_learns_nothing_from_what_comes_after_validation(name):
    known = DAYS[DAYS.index(SPLIT.validation.end) + TASK.horizons[-1]]
    assert same_lesson(fitted(name), fit_to(name, read_windows(later_changed(known), TASK)))


@every_baseline
def test_a_rival_learns_nothing_from_the_first_test_date_on_and_a_model_nothing_more_than_before(name):
    last = DAYS[DAYS.index(SPLIT.test.start) - 1]
    rival = fitted_rival(name)
    assert same_lesson(rival, fit_to(name, read_windows(later_changed(last), TASK), rival=True))
    if name in LONGER:
        newest = read_windows(later_changed(DAYS[DAYS.index(last) - 1]), TASK)
        assert not same_lesson(rival, fit_to(name, newest, rival=True))
    else:
        assert same_lesson(rival, fitted(name))


@every_baseline
def test_a_rivals_forecast_of_a_date_does_not_change_with_later_bars(name):
    rival = fitted_rival(name)
    whole = rival.outputs(WINDOWS, TEST_NT, FEATURES)
    for place in (196, 220):
        rows_NT = TEST_NT & (np.arange(len(DAYS)) <= place)
        windows = read_windows(later_changed(DAYS[place], seed=place), TASK)
        again = fit_to(name, windows, rival=True).outputs(windows, rows_NT, FEATURES)
        assert same_bits(whole, again, rows_NT)


@every_baseline
def test_a_place_alone_and_a_market_with_other_tickers_are_answered_alike_in_every_bit(name):
    whole = answers(name, WINDOWS, TEST_NT)
    one_NT = np.zeros_like(TEST_NT)
    one_NT[2, 220] = True
    assert same_bits(whole, answers(name, WINDOWS, one_NT), one_NT)
    alone = read_windows(PRICES.filter(pl.col("ticker") == WINDOWS.tickers[2]), TASK)
    assert same_bits(tuple(part[2:3] for part in whole), answers(name, alone, TEST_NT[2:3]), TEST_NT[2:3])


@every_baseline
def test_a_ticker_that_it_never_learned_from_is_answered(name):
    stranger = PRICES.filter(pl.col("ticker") == "CHAR").with_columns(ticker=pl.lit("NEW"))
    mean_NTH, scale_NTH = answers(name, read_windows(stranger, TASK), TEST_NT[2:3])
    assert np.isfinite(mean_NTH[TEST_NT[2:3]]).all()
    assert (scale_NTH[TEST_NT[2:3]] > 0).all()
    late_NT = WINDOWS.present_NT.copy()
    late_NT[0, :170] = False
    close_NT = WINDOWS.close_NT.copy()
    close_NT[0, :165] = np.nan
    windows = dataclasses.replace(WINDOWS, present_NT=late_NT, close_NT=close_NT)
    rows_NT = windows.usable(LOOKBACK) & windows.rows(SPLIT.test)
    assert np.isfinite(fit_to(name, windows).outputs(windows, rows_NT, FEATURES)[0][rows_NT]).all()


@every_baseline
def test_the_same_seed_learns_the_same_bits(name):
    one, other = fitted(name), fit_to(name, WINDOWS)
    assert all(np.array_equal(part, other.learned.arrays[key]) for key, part in one.learned.arrays.items())
    assert same_bits(answers(name, WINDOWS, TEST_NT), other.outputs(WINDOWS, TEST_NT, FEATURES))


@every_baseline
def test_saved_and_loaded_it_forecasts_the_same_as_on_that_day(name, tmp_path):
    made = forecaster(name)
    save_forecaster(made, tmp_path)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".json", ".safetensors"]
    loaded = load_forecaster(tmp_path)
    assert loaded.spec == made.spec
    whole = loaded.forecast(WINDOWS, TEST_NT)
    assert whole.equals(made.forecast(WINDOWS, TEST_NT))
    day = DAYS[220]
    assert loaded.predict(PRICES, as_of=day).equals(whole.filter(pl.col("as_of") == day))
    assert (whole["lower"] < whole["mean"]).all()


@every_baseline
def test_its_ranges_hold_its_defaults_and_no_family_has_its_name(name):
    defaults = model_of(name).options
    for key, found in ranges_of(config_class(name)).items():
        default = defaults[key] if key not in LIGHT.get(name, {}) else config_class(name)().model_dump()[key]
        inside = default in found.values if isinstance(found, OneOf) else found.low <= default <= found.high
        assert inside, key
    assert name not in choices.names(FAMILIES)


def test_what_is_loaded_answers_without_the_library_that_fitted_it(tmp_path):
    for name in NAMES:
        save_forecaster(forecaster(name), tmp_path / name)
    PRICES.write_parquet(tmp_path / "prices.parquet")
    code = (
        "import sys, json, polars as pl; from pathlib import Path\n"
        "from ml_core.forecaster.files import load_forecaster\n"
        f"folder = Path({str(tmp_path)!r}); prices = pl.read_parquet(folder / 'prices.parquet')\n"
        f"rows = [load_forecaster(folder / name).predict(prices).height for name in {NAMES}]\n"
        "heavy = [name for name in ('sklearn', 'statsmodels', 'arch', 'xgboost', 'pandas') if name in sys.modules]\n"
        "print(json.dumps([rows, heavy]))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    rows, heavy = json.loads(out)
    assert rows == [12] * len(NAMES)
    assert heavy == []


def test_every_baseline_stands_on_exactly_the_scored_rows():
    experiment = small_experiment(
        task={"lookback": LOOKBACK, **TASK.model_dump()}, validation={"baselines": NAMES}
    )
    light = experiment.model_copy(
        update={"validation": experiment.validation.model_copy(update={"baselines": ("ridge", "ewma")})}
    )
    tables = forecast_baselines(light, WINDOWS, SPLIT)
    assert tuple(tables) == baselines_beside(light) == ("zero", "ridge", "ewma", "mean", "last")
    assert set(baselines_beside(experiment)) == set(NAMES)
    for table in tables.values():
        assert table.height == TEST_NT.sum() * len(WINDOWS.horizons)
        assert table["mean"].null_count() == 0
        assert table["scale"].min() > 0
        assert table.select("ticker", "as_of", "horizon").equals(
            tables["zero"].select("ticker", "as_of", "horizon")
        )


def test_a_missing_number_is_the_training_average_to_it_and_nothing_else():
    x_NTF = WINDOWS.x_NTF.copy()
    x_NTF[0, 220, 1] = np.inf
    asked = PanelRows(dataclasses.replace(WINDOWS, x_NTF=x_NTF), TEST_NT, FEATURES[1:2])
    place = TEST_NT[0, :220].sum()
    assert np.isnan(asked.x_RF[place, 0])
    assert np.isfinite(np.delete(asked.x_RF, place)).all()
