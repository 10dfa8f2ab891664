"""The only loop: fits side by side equal fits alone, validation never teaches, and what cannot learn says so."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_core.errors import InvalidInput, NotEnoughData, TrainingDiverged
from ml_core.forecaster.trust import LEAST_TRUST, MOST_TRUST
from ml_core.models.family import FAMILIES
from ml_core.panel.splits import Span, Split
from ml_core.panel.tiles import tiles
from ml_core.panel.windows import Windows
from ml_core.spec import choices
from ml_core.spec.experiment import Model, Reading, RunSpec, Task, Training
from ml_core.training import tiling
from ml_core.training.fit import fit, seeded
from ml_core.training.loop import Fitting
from ml_core.training.losses import LOSSES
from ml_core.training.tiling import Tiling
from tests.market import read_windows, simulate_prices

TASK, READING = Task(horizons=(1, 3)), Reading(lookback=8)
WINDOWS = read_windows(simulate_prices(sessions=200), TASK)
DAYS = WINDOWS.sessions
SPLIT = Split(0, Span(DAYS[40], DAYS[120]), Span(DAYS[126], DAYS[150]), Span(DAYS[156], DAYS[-1]))


def spec_of(*, seed: int = 0, seeds: int = 1, reading: Reading = READING, **training) -> RunSpec:
    given = {"epochs": 3, "batch": 32, **training}
    model, fitted = Model(family="lstm", hidden=8), Training(**given)
    return RunSpec(task=TASK, reading=reading, model=model, training=fitted, seed=seed, seeds=seeds)


def weights_of(network: torch.nn.Module) -> bytes:
    return b"".join(tensor.numpy().tobytes() for tensor in network.state_dict().values())


def trained(spec: RunSpec, windows: Windows = WINDOWS, split: Split = SPLIT) -> Fitting:
    fitting = Fitting(spec, windows, split)
    for _ in fitting.epochs():
        pass
    return fitting


def with_targets(span: Span, value: float) -> Windows:
    """The same windows with every target of the span changed."""
    y_NTH = WINDOWS.y_NTH.copy()
    y_NTH[:, WINDOWS.rows(span)] = value
    return dataclasses.replace(WINDOWS, y_NTH=y_NTH)


def test_fits_side_by_side_equal_fits_alone_in_every_bit():
    specs = [spec_of(seed=0), spec_of(seed=1), spec_of(seed=0, learning_rate=0.01)]
    alone = [weights_of(trained(spec).network) for spec in specs]
    fittings = [Fitting(spec, WINDOWS, SPLIT) for spec in specs]
    running = [fitting.epochs() for fitting in fittings]
    for _ in range(3):
        for epochs in running:
            next(epochs)
    assert [weights_of(fitting.network) for fitting in fittings] == alone
    assert len(set(alone)) == 3


def test_the_number_of_threads_changes_neither_weights_nor_forecasts():
    """Attention over matrices of this size rounds otherwise on two threads."""
    task, reading = Task(horizons=(1, 5)), Reading(lookback=32)
    windows = read_windows(simulate_prices(tickers=12, sessions=300), task)
    days = windows.sessions
    split = Split(0, Span(days[40], days[180]), Span(days[190], days[230]), Span(days[240], days[-1]))
    model = Model(family="transformer", width=64)
    spec = RunSpec(task=task, reading=reading, model=model, training=Training(epochs=1))
    before, told = torch.get_num_threads(), []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        forecaster = fit(spec, windows, split)
        rows_NT = windows.usable(reading.lookback) & windows.rows(split.test)
        told.append((weights_of(forecaster.members[0].network), forecaster.forecast(windows, rows_NT)))
        assert torch.get_num_threads() == threads
    torch.set_num_threads(before)
    assert told[0][0] == told[1][0]
    assert told[0][1].equals(told[1][1])


def test_a_fit_leaves_the_randomness_of_others_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    trained(spec_of(epochs=1))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_fold_of_another_number_draws_its_own_randomness():
    first, second = (trained(spec_of(epochs=1), split=dataclasses.replace(SPLIT, fold=n)) for n in (0, 1))
    assert weights_of(first.network) != weights_of(second.network)


def test_targets_and_features_of_validation_and_test_reach_no_gradient_and_no_scaler():
    reference = trained(spec_of(patience=9))
    y_NTH, x_NTF = WINDOWS.y_NTH.copy(), WINDOWS.x_NTF.copy()
    after = WINDOWS.rows(Span(SPLIT.validation.start, DAYS[-1]))
    y_NTH[:, after] = 9.0
    x_NTF[:, after] *= -3.0
    changed = trained(spec_of(patience=9), dataclasses.replace(WINDOWS, y_NTH=y_NTH, x_NTF=x_NTF))
    assert weights_of(changed.network) == weights_of(reference.network)
    np.testing.assert_array_equal(changed.scaler.mean_F, reference.scaler.mean_F)
    np.testing.assert_array_equal(changed.scaler.deviation_F, reference.scaler.deviation_F)


def test_targets_between_train_and_validation_are_not_learned():
    gap = Span(DAYS[DAYS.index(SPLIT.train.end) + 1], DAYS[DAYS.index(SPLIT.validation.start) - 1])
    changed = trained(spec_of(), with_targets(gap, 9.0))
    assert weights_of(changed.network) == weights_of(trained(spec_of()).network)
    last = Span(DAYS[DAYS.index(SPLIT.train.end) - 8], SPLIT.train.end)
    taught = trained(spec_of(), with_targets(last, 9.0))
    assert weights_of(taught.network) != weights_of(changed.network)


def test_the_test_span_reaches_neither_the_choice_of_epoch_nor_calibration():
    reference = fit(spec_of(), WINDOWS, SPLIT)
    changed = fit(spec_of(), with_targets(SPLIT.test, 9.0), SPLIT)
    assert weights_of(changed.members[0].network) == weights_of(reference.members[0].network)
    np.testing.assert_array_equal(changed.calibration.trust_H, reference.calibration.trust_H)
    np.testing.assert_array_equal(changed.calibration.width_H, reference.calibration.width_H)


def test_the_best_epoch_is_kept_and_patience_ends_the_rest():
    fitting = Fitting(spec_of(epochs=12, patience=2, learning_rate=0.05), WINDOWS, SPLIT)
    seen = [(epoch, weights_of(fitting.network)) for epoch in fitting.epochs()]
    best = max(range(len(seen)), key=lambda place: seen[place][0].score)
    assert weights_of(fitting.member().network) == seen[best][1]
    assert len(seen) == min(12, best + 1 + 2)
    assert [epoch.number for epoch, _ in seen] == list(range(1, len(seen) + 1))


def test_the_planted_signal_is_learned():
    epochs = list(Fitting(spec_of(epochs=12, patience=12, learning_rate=0.01), WINDOWS, SPLIT).epochs())
    assert epochs[-1].loss < epochs[0].loss
    assert max(epoch.score for epoch in epochs) > 0.05


@pytest.mark.parametrize("epochs", [1, 4])
def test_an_absurd_learning_rate_diverges_and_says_so(epochs):
    with pytest.raises(TrainingDiverged, match=r"lstm.*learning rate 1e\+30"):
        fit(spec_of(learning_rate=1e30, epochs=epochs, batch=4096), WINDOWS, SPLIT)


def test_the_first_loss_that_is_not_finite_ends_the_fit():
    fitting = Fitting(spec_of(batch=8), with_targets(SPLIT.train, 3e30), SPLIT)
    with pytest.raises(TrainingDiverged) as raised:
        next(fitting.epochs())
    (loop,) = [entry for entry in raised.traceback if entry.name == "_train_once"]
    assert loop.locals["number"] == 1 < len(loop.locals["batches"])


@pytest.mark.parametrize("family", choices.names(FAMILIES))
def test_half_precision_trains_and_forecasts_in_full(family):
    spec = spec_of(precision="bfloat16", epochs=2).model_copy(update={"model": Model(family=family)})
    forecaster = fit(spec, WINDOWS, SPLIT)
    assert {tensor.dtype for tensor in forecaster.members[0].network.state_dict().values()} == {torch.float32}
    table = forecaster.predict(simulate_prices(sessions=200))
    assert table["mean"].is_finite().all()
    exact = fit(spec.model_copy(update={"training": Training(epochs=2, batch=32)}), WINDOWS, SPLIT)
    assert weights_of(exact.members[0].network) != weights_of(forecaster.members[0].network)


@pytest.mark.parametrize("family", ["lstm", "transformer"])
def test_an_automatic_precision_is_decided_by_the_processor_and_written_into_the_spec(family):
    spec = spec_of(precision="auto", epochs=1).model_copy(update={"model": Model(family=family)})
    found = torch.cpu.get_capabilities()
    half = family == "lstm" and (found.get("avx512_bf16") or found.get("amx_bf16"))
    settled = fit(spec, WINDOWS, SPLIT).spec
    assert settled.training.precision == ("bfloat16" if half else "float32")
    again = trained(settled).member().network
    assert weights_of(again) == weights_of(trained(spec).member().network)


@pytest.mark.parametrize("layout", ["pooled", "joint"])
@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_trains_in_both_layouts_and_its_means_stand_in_the_units_of_outcomes(name, layout):
    reading = READING.model_copy(update={"layout": layout})
    fitting = Fitting(
        spec_of(reading=reading, loss=name, epochs=8, patience=8, learning_rate=0.01), WINDOWS, SPLIT
    )
    epochs = list(fitting.epochs())
    assert epochs[-1].loss < epochs[0].loss
    assert all(abs(epoch.skill) < 1 for epoch in epochs)


@pytest.mark.parametrize("name", ["mse", "ic"])
def test_the_gradient_of_a_batch_is_that_of_its_pieces_together(name, monkeypatch):
    spec = spec_of(loss=name, epochs=1, batch=4096)
    spec = spec.model_copy(update={"model": Model(family="lstm", hidden=8, dropout=0.0)})
    gradients = {}
    for size in (7, 64, 4096):
        monkeypatch.setattr(tiling, "MICRO_BATCH", size)
        network = trained(spec).network
        gradients[size] = torch.cat([one.grad.flatten() for one in network.parameters()])
    for size in (7, 64):
        torch.testing.assert_close(gradients[size], gradients[4096], rtol=1e-3, atol=1e-6)


def test_a_universe_of_one_ticker_is_refused_a_loss_that_compares_tickers():
    one = read_windows(simulate_prices(tickers=1, sessions=200), TASK)
    with pytest.raises(InvalidInput, match=r"training\.loss: 'ic'.*expected at least 3.*found 1"):
        fit(spec_of(loss="ic"), one, SPLIT)


def test_calibration_trusts_what_validation_confirms():
    forecaster = fit(spec_of(epochs=2, seeds=2), WINDOWS, SPLIT)
    assert len(forecaster.members) == 2
    assert weights_of(forecaster.members[1].network) == weights_of(
        trained(seeded(spec_of(epochs=2, seeds=2))[1]).member().network
    )
    trust_H = forecaster.calibration.trust_H
    assert ((trust_H >= LEAST_TRUST) & (trust_H <= MOST_TRUST)).all()
    rows_NT = WINDOWS.usable(8) & WINDOWS.rows(SPLIT.validation)
    mean_NTH, reach_NTH = forecaster.calibration.apply(WINDOWS, *forecaster.outputs(WINDOWS, rows_NT))
    inside = (np.abs(WINDOWS.y_NTH - mean_NTH) <= reach_NTH)[rows_NT].mean(axis=0)
    assert ((inside >= 0.9) & (inside < 0.93)).all()


def test_too_short_a_training_span_is_refused_with_its_dates():
    split = dataclasses.replace(SPLIT, train=Span(DAYS[0], DAYS[4]))
    with pytest.raises(NotEnoughData, match=f"no training window between {DAYS[0]} and {DAYS[4]}"):
        fit(spec_of(), WINDOWS, split)


def test_too_few_validation_outcomes_for_an_interval_are_refused_with_their_dates():
    one = read_windows(simulate_prices(tickers=1, sessions=200), TASK)
    split = dataclasses.replace(SPLIT, validation=Span(DAYS[126], DAYS[128]))
    with pytest.raises(
        NotEnoughData, match=f"validation dates {DAYS[126]} to {DAYS[128]}.*: 3 forecasts.*at least 9"
    ):
        fit(spec_of(), one, split)


@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize("width", [1, 4])
def test_tiles_cover_every_row_whatever_the_phase(width, phase):
    rng = np.random.default_rng(phase)
    usable_ST = np.zeros((3, 60), bool)
    usable_ST[0, 8:], usable_ST[1, 20:], usable_ST[2, 55:] = True, True, True
    rows_ST = usable_ST & (np.arange(60) < 58) & (np.arange(60) > 12)
    places = tiles(rows_ST, usable_ST, width, int(rng.integers(width)) if phase else 0)
    covered = np.zeros_like(rows_ST)
    for series, end in places:
        assert usable_ST[series, end]
        covered[series, max(0, end - width + 1) : end + 1] = True
    missed = rows_ST & ~covered
    first_ends = usable_ST.argmax(axis=1)
    assert not (missed & (np.arange(60) < first_ends[:, None])).any()
    if phase == 0:
        assert not missed.any()


@settings(deadline=None)
@given(data=st.data(), width=st.integers(1, 6), seed=st.integers(0, 99))
def test_by_date_a_piece_holds_every_series_that_learns_at_its_dates(data, width, seed):
    rng = np.random.default_rng(seed)
    listed_S = np.asarray(data.draw(st.lists(st.integers(8, 40), min_size=1, max_size=5)))
    usable_ST = (np.arange(50) >= listed_S[:, None]) & (rng.random((len(listed_S), 50)) > 0.1)
    rows_ST = usable_ST & (np.arange(50) < 45)
    batch, limit = data.draw(st.integers(1, 20)), data.draw(st.none() | st.integers(1, 20))
    cut = Tiling(rows_ST, usable_ST, width, by_date=True)
    pieces = [piece for part in cut.draw(rng, batch=batch, limit=limit) for piece in part]
    ends = [end for piece in pieces for end in np.unique(piece[:, 1])]
    assert len(ends) == len(set(ends))
    for piece in pieces:
        for unit in np.unique(piece[:, 2]):
            (end,) = np.unique(piece[piece[:, 2] == unit, 1])
            learns_S = rows_ST[:, max(0, end - width + 1) : end + 1].any(axis=1)
            expected = np.flatnonzero(learns_S & usable_ST[:, : end + 1].any(axis=1))
            np.testing.assert_array_equal(piece[piece[:, 2] == unit, 0], expected)


@settings(deadline=None)
@given(seed=st.integers(0, 99), batch=st.integers(1, 200), limit=st.none() | st.integers(1, 200))
def test_an_epoch_is_every_window_once_in_batches_of_the_asked_size(seed, batch, limit):
    usable_ST = np.zeros((3, 120), bool)
    usable_ST[0, 8:], usable_ST[1, 20:], usable_ST[2, 90:] = True, True, True
    cut = Tiling(usable_ST, usable_ST, 1)
    batches = cut.draw(np.random.default_rng(seed), batch=batch, limit=limit)
    sizes = [sum(len(piece) for piece in part) for part in batches]
    windows = np.concatenate([piece[:, :2] for part in batches for piece in part])
    assert len(np.unique(windows, axis=0)) == len(windows) == min(usable_ST.sum(), limit or 10**6)
    assert set(sizes[:-1]) <= {batch}
    assert len(batches) == cut.count(batch=batch, limit=limit)
    assert all(len(piece) <= tiling.MICRO_BATCH for part in batches for piece in part)
