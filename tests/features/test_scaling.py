"""Scalings: fitted on the rows they are given, bounded, and the obvious statistics of those rows."""

import numpy as np
import pytest
import torch
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from ml_core.features.scaling import KINDS, fit_scaler
from ml_core.forecaster.files import load_forecaster, save_forecaster
from ml_core.panel.layout import lay_out
from ml_core.panel.splits import Span, Split
from ml_core.spec.experiment import Features, Model, Reading, RunSpec, Task, Training
from ml_core.training.fit import fit
from tests.market import read_windows, simulate_prices

RNG = np.random.default_rng(4)
X_STF = RNG.standard_t(3, (3, 200, 4)).astype(np.float32) * np.array([1, 1e-4, 1e3, 0], np.float32)
ROWS_ST = RNG.random((3, 200)) < 0.6
every_kind = pytest.mark.parametrize("kind", ["standard", *KINDS])


def scaled(kind: str, x_RF: np.ndarray) -> np.ndarray:
    scaler = fit_scaler(X_STF, ROWS_ST, kind)
    return np.clip((x_RF - scaler.mean_F) / scaler.deviation_F, scaler.low_F, scaler.high_F)


@every_kind
def test_rows_that_are_not_given_change_nothing(kind):
    other = np.where(ROWS_ST[..., None], X_STF, 1e9).astype(np.float32)
    for own, changed in zip(
        vars(fit_scaler(X_STF, ROWS_ST, kind)).values(),
        vars(fit_scaler(other, ROWS_ST, kind)).values(),
        strict=True,
    ):
        np.testing.assert_array_equal(own, changed)


@every_kind
def test_a_constant_or_unknown_input_becomes_zero_and_missing_values_do_not_count(kind):
    holed = X_STF.copy()
    holed[:, ::7, 0] = np.nan
    holed[:, :, 1] = np.nan
    scaler = fit_scaler(holed, ROWS_ST, kind)
    assert np.isinf(scaler.deviation_F[[1, 3]]).all()
    again = fit_scaler(holed, ROWS_ST & np.isfinite(holed[:, :, 0]), kind)
    np.testing.assert_allclose(scaler.mean_F[[0]], again.mean_F[[0]])
    np.testing.assert_allclose(scaler.deviation_F[[0]], again.deviation_F[[0]])


@every_kind
def test_whatever_comes_later_stays_within_the_bounds(kind):
    wild = scaled(kind, np.array([[1e6, -1e6, 1e9, 0.0]], np.float32))
    assert (np.abs(wild) <= 10).all()


@pytest.mark.parametrize(
    ("kind", "theirs"),
    [
        ("standard", StandardScaler()),
        ("minmax", MinMaxScaler((-1, 1))),
        ("robust", RobustScaler(unit_variance=True)),
    ],
)
def test_they_agree_with_scikit_learn_inside_the_bounds(kind, theirs):
    rows_RF = X_STF[ROWS_ST][:, :3].astype(np.float64)
    expected, own = theirs.fit_transform(rows_RF), scaled(kind, X_STF[ROWS_ST])[:, :3]
    inside = np.abs(expected) < 4.9
    np.testing.assert_allclose(own[inside], expected[inside], rtol=2e-4, atol=2e-4)


def test_the_quantile_scaling_takes_its_edges_from_the_outer_hundredths():
    own = scaled("quantile", X_STF[ROWS_ST])[:, 0]
    assert 0.005 < (own == own.max()).mean() < 0.03
    assert own.std() == pytest.approx(1, rel=0.01)


@every_kind
def test_a_model_keeps_its_scaling(kind, tmp_path):
    task = Task(horizons=(1,))
    prices = simulate_prices(sessions=160)
    windows = read_windows(prices, task)
    days = windows.sessions
    split = Split(0, Span(days[20], days[90]), Span(days[93], days[120]), Span(days[123], days[-1]))
    spec = RunSpec(
        task=task,
        reading=Reading(lookback=8, features=Features(scaling=kind)),
        model=Model(family="lstm", hidden=4),
        training=Training(epochs=1),
    )
    forecaster = fit(spec, windows, split)
    save_forecaster(forecaster, tmp_path)
    loaded = load_forecaster(tmp_path)
    layout = lay_out(windows, windows.features, layout="pooled", lookback=8)
    place = torch.tensor([0]), torch.tensor([100])
    own, kept = (
        layout.inputs_of(*place, lookback=8, scaler=one.members[0].scaler) for one in (forecaster, loaded)
    )
    assert torch.equal(own, kept)
