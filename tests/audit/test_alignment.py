"""A signal is found at its own delay and at no other, stage by stage and through the whole walk: the proof that rows,
targets, windows, positions and earnings meet."""

import numpy as np
import polars as pl
import pytest

from ml_core.evaluation.metrics import find_metric
from ml_core.walkforward.beside import forecast_baselines
from ml_core.walkforward.opening import plan_folds
from ml_core.walkforward.walk import evaluate
from tests.market import prices_of, read_windows, small_experiment
from tests.stages import STAGES, earned, misaligned
from tests.stages import plant as plant_delayed

SESSIONS, TICKERS = 320, 6
TASK = {"lookback": 4, "horizons": [1, 2]}


@pytest.mark.parametrize("delay", [1, 2, 3, 10])
def test_every_stage_finds_a_signal_at_its_delay_and_at_no_other(delay):
    assert misaligned(plant_delayed(delay)) == []


@pytest.mark.parametrize("slip", [1, -1], ids=["late", "early"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_is_off_by_one_is_found_out_by_its_name(stage, slip):
    assert misaligned(plant_delayed(2), {stage: slip}) == [stage]


@pytest.mark.parametrize("acts_after", [1, 2, 3])
def test_what_is_traded_at_the_next_close_earns_from_the_second_session_on(acts_after):
    gain = earned(plant_delayed(acts_after), believed=1, execution="next_close")
    assert gain > 0.25 if acts_after == 2 else abs(gain) < 0.15


def plant(*, delay: int) -> pl.DataFrame:
    """Prices whose overnight gap at t says which way the close of t + delay moves, and nothing else does."""
    rng = np.random.default_rng(delay)
    signal_TN = rng.normal(0, 0.01, (SESSIONS, TICKERS))
    noise_TN = rng.normal(0, 0.01, (SESSIONS, TICKERS))
    told_TN = np.roll(signal_TN, delay, axis=0)
    told_TN[:delay] = 0
    close_TN = 100 * np.exp(np.cumsum(told_TN + noise_TN, axis=0))
    before_TN = np.vstack([close_TN[:1], close_TN[:-1]])
    opened = pl.DataFrame(
        {
            "ticker": np.tile([chr(65 + number) for number in range(TICKERS)], SESSIONS),
            "date": np.repeat(np.datetime64("2020-01-01") + np.arange(SESSIONS), TICKERS),
            "open": (before_TN * np.exp(signal_TN)).ravel(),
        }
    )
    return prices_of(close_TN).drop("open").join(opened, on=["ticker", "date"])


def ic_of(rows: pl.DataFrame, horizon: int = 1) -> float:
    return find_metric("ic")(rows.filter(pl.col("horizon") == horizon))


def ridge_ic(delay: int) -> float:
    """What ridge finds one session ahead, over all folds."""
    experiment = small_experiment(task=TASK, features={"names": ["overnight", "momentum_1"]})
    windows = read_windows(plant(delay=delay), experiment.task, ("overnight", "momentum_1"))
    scored = []
    for split in plan_folds(experiment, windows):
        rows_NT = windows.usable(4) & windows.rows(split.test)
        realized = windows.to_table(rows_NT, realized=windows.y_NTH * windows.unit_NTH)
        ridge = forecast_baselines(experiment, windows, split)["ridge"]
        scored.append(ridge.with_columns(realized["realized"]))
    return ic_of(pl.concat(scored))


def test_ridge_finds_a_signal_of_one_session_at_one_session():
    assert ridge_ic(1) > 0.6


@pytest.mark.parametrize("delay", [0, 2, 3])
def test_ridge_finds_nothing_one_session_ahead_where_the_signal_acts_on_another(delay):
    assert abs(ridge_ic(delay)) < 0.2


def test_a_network_finds_it_through_the_whole_walk_and_beats_every_baseline_that_cannot():
    experiment = small_experiment(
        task=TASK,
        features={"names": ["overnight", "momentum_1"]},
        training={"epochs": 4, "batch": 32, "learning_rate": 0.02},
        validation={"train": 120, "test": 40, "holdout": 50, "folds": 2},
    )
    found = evaluate(experiment, plant(delay=1))
    for split in ("test", "holdout"):
        rows = found.forecasts.filter(pl.col("split") == split)
        assert ic_of(rows) > 0.5
        assert 0.2 < ic_of(rows, 2) < ic_of(rows)
        error = found.scores.filter(split=split, metric="mse", horizon=1).row(0, named=True)
        assert error["skill_zero"] > 0.2
        assert error["p_zero"] < 0.01
    assert found.risk["holdout"]["cumulative"] > 0  # entered at the next open, the gap itself is not earned


def test_a_network_finds_nothing_where_the_signal_has_already_acted():
    experiment = small_experiment(
        task=TASK,
        features={"names": ["overnight", "momentum_1"]},
        training={"epochs": 3, "batch": 32, "learning_rate": 0.02},
    )
    found = evaluate(experiment, plant(delay=0))
    assert abs(ic_of(found.forecasts)) < 0.2


def test_every_test_session_stands_once_beside_what_came():
    experiment = small_experiment(
        task=TASK, features={"names": ["overnight", "momentum_1"]}, training={"epochs": 1}
    )
    prices = plant(delay=1)
    found = evaluate(experiment, prices)
    assert not found.forecasts.select("ticker", "as_of", "horizon").is_duplicated().any()
    assert found.forecasts.filter(pl.col("split") == "holdout")["as_of"].n_unique() == 40
    assert found.forecasts.filter(pl.col("split") == "test")["as_of"].n_unique() == 48
    log = prices.sort("ticker", "date").with_columns(
        came=(pl.col("close").log().shift(-2) - pl.col("close").log()).over("ticker")
    )
    beside = found.forecasts.filter(pl.col("horizon") == 2).join(
        log.select("ticker", "came", as_of="date"), on=["ticker", "as_of"]
    )
    np.testing.assert_allclose(beside["realized"].to_numpy(), beside["came"].to_numpy(), rtol=1e-4, atol=1e-8)
