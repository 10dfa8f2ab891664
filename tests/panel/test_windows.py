"""Tables to tensors: a window is the obvious slice, targets are what they say, every test session is scored."""

import pickle
import weakref

import numpy as np
import polars as pl
import pytest
import torch

from ml_core.errors import NotEnoughData
from ml_core.features.scaling import CLIP, Scaler, fit_scaler
from ml_core.features.table import FeatureTable
from ml_core.features.target import LEAST_UNIT, centred_rank
from ml_core.panel.layout import lay_out
from ml_core.panel.windows import build_windows
from ml_core.spec.experiment import Task
from ml_core.walkforward.beside import forecast_baselines
from ml_core.walkforward.opening import plan_folds
from tests.market import FEATURES, prices_of, read_windows, simulate_prices, small_experiment, walk

TASK = Task(horizons=(1, 4))
CLOSE_TN = walk(sessions=90, tickers=5)


def returns_of(windows) -> np.ndarray:
    return windows.y_NTH.astype(float) * windows.unit_NTH


def test_the_target_is_the_log_return_over_the_horizon():
    windows = read_windows(prices_of(CLOSE_TN), TASK, ("momentum_1",))
    log_NT = np.log(CLOSE_TN.T)
    for column, horizon in enumerate(TASK.horizons):
        np.testing.assert_allclose(
            returns_of(windows)[:, 1:-horizon, column],
            (log_NT[:, horizon:] - log_NT[:, :-horizon])[:, 1:],
            rtol=2e-6,
            atol=1e-9,
        )
        assert np.isnan(windows.y_NTH[:, -horizon:, column]).all()


def test_excess_takes_the_dates_mean_out_and_a_rank_is_centred():
    plain = returns_of(read_windows(prices_of(CLOSE_TN), TASK, ("momentum_1",)))
    excess = returns_of(
        read_windows(prices_of(CLOSE_TN), TASK.model_copy(update={"target": "excess"}), ("momentum_1",))
    )
    ranked = returns_of(
        read_windows(prices_of(CLOSE_TN), TASK.model_copy(update={"target": "rank"}), ("momentum_1",))
    )
    known = slice(1, -4)
    np.testing.assert_allclose(excess[:, known], (plain - plain.mean(axis=0))[:, known], rtol=1e-4, atol=1e-8)
    np.testing.assert_allclose(excess[:, known].mean(axis=0), 0, atol=1e-8)
    np.testing.assert_allclose(
        np.sort(ranked[:, known], axis=0)[:, 0, 0], [-0.4, -0.2, 0, 0.2, 0.4], atol=1e-6
    )
    assert (ranked[:, known].argsort(axis=0) == plain[:, known].argsort(axis=0)).all()


def test_equal_outcomes_share_a_rank_whatever_the_order_of_tickers():
    y_NTH = np.array([1.0, 2.0, 1.0, np.nan]).reshape(4, 1, 1)
    ranks = centred_rank(y_NTH)[:, 0, 0]
    np.testing.assert_allclose(ranks[:3], [-1 / 6, 1 / 3, -1 / 6])
    assert np.isnan(ranks[3])


def test_a_window_is_the_obvious_slice_scaled_and_clipped():
    windows = read_windows(simulate_prices(sessions=120), TASK)
    layout = lay_out(windows, windows.features, layout="pooled", lookback=6)
    mean_F, deviation_F = np.array([[0.1, 0, 0, 0], [0.01, 1, 2, 0.1]], np.float32)
    scaler = Scaler(mean_F, deviation_F, np.full(4, -CLIP, np.float32), np.full(4, CLIP, np.float32))
    series_B, end_B = torch.tensor([0, 3, 5]), torch.tensor([60, 119, 80])
    x_BLF = layout.inputs_of(series_B, end_B, lookback=6, scaler=scaler)
    for place, (ticker, end) in enumerate([(0, 60), (3, 119), (5, 80)]):
        obvious = (windows.x_NTF[ticker, end - 5 : end + 1] - scaler.mean_F) / scaler.deviation_F
        np.testing.assert_array_equal(x_BLF[place].numpy(), np.clip(obvious, -CLIP, CLIP))


def test_windows_of_all_tickers_share_one_panel():
    windows = read_windows(simulate_prices(sessions=120), TASK)
    layout = lay_out(windows, windows.features, layout="pooled", lookback=6)
    assert layout.x_STF.data_ptr() == windows.x_NTF.ctypes.data
    assert layout.y_STO.data_ptr() == windows.y_NTH.ctypes.data


def test_choosing_features_keeps_their_columns_and_order():
    windows = read_windows(simulate_prices(sessions=120), TASK)
    layout = lay_out(windows, ("shock", "momentum_1"), layout="pooled", lookback=6)
    np.testing.assert_array_equal(layout.x_STF.numpy(), windows.x_NTF[:, :, [3, 0]])


def test_the_joint_layout_comes_back_by_ticker_and_horizon():
    windows = read_windows(simulate_prices(sessions=120), TASK)
    layout = lay_out(windows, windows.features, layout="joint", lookback=6)
    assert layout.inputs == 6 * len(FEATURES)
    assert layout.outputs == 6 * 2
    np.testing.assert_array_equal(layout.per_ticker(layout.y_STO.numpy()), windows.y_NTH)
    np.testing.assert_array_equal(layout.x_STF[0, 50].numpy().reshape(6, -1), windows.x_NTF[:, 50])


def test_the_joint_layout_of_one_ticker_is_the_pooled_one():
    windows = read_windows(simulate_prices(tickers=1, sessions=120), TASK)
    joint = lay_out(windows, windows.features, layout="joint", lookback=6)
    pooled = lay_out(windows, windows.features, layout="pooled", lookback=6)
    assert torch.equal(joint.y_STO.nan_to_num(), pooled.y_STO.nan_to_num())
    assert np.array_equal(joint.usable_ST, pooled.usable_ST)


def test_every_test_session_is_scored_and_its_window_reaches_back_before_the_split():
    experiment = small_experiment(task={"lookback": 40})
    windows = read_windows(simulate_prices(), experiment.task)
    splits = plan_folds(experiment, windows)
    for split in splits:
        rows = forecast_baselines(experiment, windows, split)["zero"]
        sessions = [day for day in windows.sessions if split.test.start <= day <= split.test.end]
        assert rows["as_of"].unique().sort().to_list() == sessions
        assert rows.height == len(sessions) * 6 * 2
        assert len(sessions) == (experiment.validation.holdout if split.name == "holdout" else 24)


def test_a_gap_counts_as_average_days_inside_a_window_and_no_window_ends_in_it():
    close_TN = CLOSE_TN.copy()
    close_TN[50:53, 2] = np.nan
    windows = read_windows(prices_of(close_TN), TASK, ("momentum_1",))
    usable_NT = windows.usable(6)
    assert not usable_NT[2, 50:53].any()
    assert usable_NT[2, 53:].all()
    assert usable_NT[[0, 1, 3, 4], 50:].all()
    assert np.isnan(windows.y_NTH[2, 49, 0])
    np.testing.assert_allclose(
        returns_of(windows)[2, 49, 1], np.log(close_TN[53, 2] / close_TN[49, 2]), rtol=1e-5
    )
    layout = lay_out(windows, windows.features, layout="pooled", lookback=6)
    scaler = fit_scaler(windows.x_NTF, usable_NT)
    x_LF = layout.inputs_of(torch.tensor([2]), torch.tensor([54]), lookback=6, scaler=scaler)[0]
    assert x_LF.isfinite().all()
    assert (x_LF[1:4] == 0).all()


def test_a_late_listing_is_answered_only_with_a_full_look_back_of_its_own():
    close_TN = CLOSE_TN.copy()
    close_TN[:40, 1] = np.nan
    windows = read_windows(prices_of(close_TN), TASK, ("momentum_1",))
    assert np.flatnonzero(windows.usable(6)[1])[0] == 41 + 5
    assert np.flatnonzero(windows.usable(6)[0])[0] == 1 + 5
    assert np.isnan(windows.x_NTF[1, :41]).all()


def test_the_order_of_rows_does_not_matter():
    prices = simulate_prices(sessions=120)
    first = read_windows(prices, TASK)
    second = read_windows(prices.sample(fraction=1.0, shuffle=True, seed=2), TASK)
    for name in ("x_NTF", "y_NTH", "unit_NTH", "present_NT"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_the_unit_is_the_volatility_known_at_each_row():
    close_TN = CLOSE_TN.copy()
    close_TN[60:] *= 3.0
    before, after = (
        read_windows(prices_of(one), TASK, ("momentum_1",)).unit_NTH for one in (CLOSE_TN, close_TN)
    )
    np.testing.assert_array_equal(before[:, :60], after[:, :60])
    assert (after[:, 60] > 2 * before[:, 60]).all()
    np.testing.assert_allclose(before[:, :, 1], before[:, :, 0] * 2)  # four sessions: twice one
    still = read_windows(prices_of(np.full((30, 1), 5.0)), TASK, ("momentum_1",))
    assert (still.unit_NTH[0, 1:, 0] == np.float32(LEAST_UNIT)).all()


def test_one_session_is_refused_with_the_number_that_is_needed():
    prices = prices_of(CLOSE_TN[:1])
    built = FeatureTable(
        prices.select("ticker", "date", momentum_1=pl.lit(None, pl.Float32)), ("momentum_1",)
    )
    with pytest.raises(NotEnoughData, match="1 session of prices; expected at least 2"):
        build_windows(prices, built, TASK)


def test_a_table_of_chosen_rows_stands_in_order_with_null_for_what_is_not_known():
    windows = read_windows(prices_of(CLOSE_TN), TASK, ("momentum_1",))
    rows_NT = np.zeros_like(windows.present_NT)
    rows_NT[[3, 1], [89, 20]] = True
    table = windows.to_table(rows_NT, realized=windows.y_NTH)
    assert table["ticker"].to_list() == ["B", "B", "D", "D"]
    assert table["horizon"].to_list() == [1, 4, 1, 4]
    assert table["as_of"].to_list() == [windows.sessions[20]] * 2 + [windows.sessions[89]] * 2
    assert table["realized"].is_null().to_list() == [False, False, True, True]


def test_those_who_choose_the_same_columns_share_one_copy_of_them_while_they_use_it():
    windows = read_windows(simulate_prices(sessions=120), TASK)
    one = windows.inputs(("shock", "momentum_1"))
    assert windows.inputs(("shock", "momentum_1")) is one
    assert windows.sharing({"calm": np.zeros(120, np.float32)}).inputs(("shock", "momentum_1")) is one
    assert windows.inputs(("momentum_1", "shock")) is not one
    np.testing.assert_array_equal(one[:, :, 1], windows.x_NTF[:, :, windows.features.index("momentum_1")])
    assert pickle.loads(pickle.dumps(windows)).inputs(("shock",)).shape == (6, 120, 1)
    kept = weakref.ref(one)
    del one
    assert kept() is None


def test_what_all_tickers_share_is_not_taken_for_that_of_another_day():
    windows = read_windows(simulate_prices(sessions=120), TASK)
    first, second = (windows.sharing({"calm": np.full(120, value, np.float32)}) for value in (0, 1))
    assert (first.inputs(("calm", "shock"))[:, :, 0] == 0).all()
    assert (second.inputs(("calm", "shock"))[:, :, 0] == 1).all()
