"""What every model family must keep, whichever is added to its folder, in both layouts."""

import functools
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ml_core.features.scaling import fit_scaler
from ml_core.forecaster.files import load_forecaster, save_forecaster
from ml_core.forecaster.forecaster import Forecaster
from ml_core.forecaster.networks import BATCH, NetworkMember, run_network
from ml_core.models.family import complete, config_class
from ml_core.models.head import ForecastNetwork
from ml_core.panel.layout import lay_out
from ml_core.panel.splits import Span, Split
from ml_core.spec.experiment import Model, Reading, RunSpec, Task, Training
from ml_core.training.fit import fit
from tests.contracts.networks import (
    CASES,
    LAYOUTS,
    NAMES,
    TICKERS,
    batch_of,
    every_case,
    every_family,
    every_layout,
    network_of,
)
from tests.market import read_windows, simulate_prices

LOOKBACK = 8


def fit_small(family: str, layout: str, *, seed: int = 0) -> Forecaster:
    task, reading = Task(horizons=(1, 3)), Reading.model_validate({"lookback": LOOKBACK, "layout": layout})
    windows = read_windows(simulate_prices(sessions=200), task)
    days = windows.sessions
    split = Split(0, Span(days[40], days[120]), Span(days[125], days[150]), Span(days[155], days[-1]))
    model, training = Model(family=family), Training(epochs=2, batch=32)
    spec = RunSpec(task=task, reading=reading, model=model, training=training, seed=seed)
    return fit(spec, windows, split)


def bytes_of(forecaster: Forecaster) -> str:
    """A digest of every weight, scaler and calibration, bit for bit."""
    digest = hashlib.sha256()
    for member in forecaster.members:
        for name, tensor in sorted(member.network.state_dict().items()):
            digest.update(name.encode() + tensor.numpy().tobytes())
        digest.update(member.scaler.mean_F.tobytes() + member.scaler.deviation_F.tobytes())
    digest.update(forecaster.calibration.trust_H.tobytes() + forecaster.calibration.width_H.tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize(
    "model", [one for one in CASES if config_class(one.family).supervises == "every_step"]
)
@every_layout
def test_changing_later_steps_leaves_earlier_outputs_equal_in_every_bit(model, layout):
    network, x_BLF = network_of(model, layout), batch_of(5, LAYOUTS[layout][0])
    with torch.inference_mode():
        before = network(x_BLF)
        for step in (1, 11, 18, 23):
            changed = x_BLF.clone()
            changed[:, step:] = 3 * torch.randn(changed[:, step:].shape) + 1
            after = network(changed)
            for old, new in zip(before, after, strict=True):
                assert torch.equal(old[:, :step], new[:, :step])
                assert not torch.equal(old[:, step:], new[:, step:])


@every_family
def test_every_step_reaches_the_last_output(family):
    network, x_BLF = network_of(family), batch_of(1, 4, steps=12).requires_grad_()
    network(x_BLF)[0][:, -1].sum().backward()
    assert (x_BLF.grad.abs().sum(dim=2) > 0).all()


@every_family
@every_layout
def test_it_can_learn_32_windows_by_heart(family, layout):
    inputs, outputs = LAYOUTS[layout]
    torch.manual_seed(0)
    model = complete(Model(family=family, dropout=0.0))
    network = ForecastNetwork(model, inputs=inputs, outputs=outputs, tickers=TICKERS[layout]).train()
    x_BLF, y_BO = batch_of(32, inputs, steps=LOOKBACK), batch_of(32, outputs, steps=1, seed=2)[:, 0]
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-2)
    loss = torch.tensor(1.0)
    for _ in range(200):
        optimizer.zero_grad()
        loss = (network(x_BLF)[0][:, -1] - y_BO).square().mean()
        if loss < 0.1:
            break
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    assert loss < 0.1


fit_once = functools.cache(fit_small)


@every_family
@every_layout
def test_the_same_seed_gives_the_same_weights_byte_for_byte(family, layout):
    first = bytes_of(fit_once(family, layout))
    torch.manual_seed(12)  # what others draw does not matter
    assert bytes_of(fit_small(family, layout)) == first
    assert bytes_of(fit_small(family, layout, seed=1)) != first


def test_another_process_learns_the_same_weights_byte_for_byte():
    here = [bytes_of(fit_once(family, "pooled")) for family in NAMES]
    code = (
        "from tests.contracts.test_families import *\n"
        f"torch.set_num_threads({torch.get_num_threads()})\n"
        "print(*(bytes_of(fit_small(family, 'pooled')) for family in NAMES))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    root = Path(__file__).parents[2]
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=root
    )
    assert told.stdout.split() == here, told.stderr


@every_family
@every_layout
def test_what_is_saved_and_loaded_forecasts_the_same_in_every_bit(family, layout, tmp_path):
    forecaster = fit_once(family, layout)
    save_forecaster(forecaster, tmp_path)
    loaded = load_forecaster(tmp_path)
    prices = simulate_prices(sessions=200)
    since = prices["date"].unique().sort()[-20]
    assert bytes_of(loaded) == bytes_of(forecaster)
    assert loaded.spec == forecaster.spec
    assert loaded.predict(prices, since=since).equals(forecaster.predict(prices, since=since))


@every_case
@every_layout
@pytest.mark.parametrize("steps", [LOOKBACK, 60])
def test_a_window_is_answered_alike_wherever_and_among_whichever_others_it_stands(model, layout, steps):
    network, x_BLF = network_of(model, layout), batch_of(BATCH, LAYOUTS[layout][0], steps=steps)
    place = torch.randperm(BATCH, generator=torch.Generator().manual_seed(5))
    moved = x_BLF[place].clone()
    moved[BATCH // 2 :] = torch.randn(moved[BATCH // 2 :].shape)
    with torch.inference_mode():
        for before, after in zip(network(x_BLF), network(moved), strict=True):
            assert torch.equal(before[place][: BATCH // 2, -1], after[: BATCH // 2, -1])


@every_family
@every_layout
def test_a_window_alone_is_answered_as_in_a_batch_in_every_bit(family, layout):
    task = Task(horizons=(1, 3))
    windows = read_windows(simulate_prices(sessions=200), task)
    laid = lay_out(windows, windows.features, layout=layout, lookback=30)
    member = NetworkMember(network_of(family, layout), fit_scaler(laid.x_STF.numpy(), laid.usable_ST))
    together = run_network(member, laid, windows.usable(30), 30)
    for ticker, session in ((0, 120), (5, 199), (2, 60)):
        one_NT = np.zeros_like(windows.present_NT)
        one_NT[ticker, session] = True
        for whole_STO, alone_STO in zip(together, run_network(member, laid, one_NT, 30), strict=True):
            series = 0 if layout == "joint" else ticker
            assert np.array_equal(whole_STO[series, session], alone_STO[series, session])
            assert np.isfinite(alone_STO).any(axis=2).sum() == 1


@every_family
@every_layout
def test_read_densely_every_asked_row_and_no_other_is_answered_by_the_steps_of_few_windows(family, layout):
    windows = read_windows(simulate_prices(sessions=200), Task(horizons=(1, 3)))
    laid = lay_out(windows, windows.features, layout=layout, lookback=30)
    member = NetworkMember(
        network_of(family, layout), fit_scaler(laid.x_STF.numpy(), laid.usable_ST), steps=15
    )
    asked_NT = windows.usable(30) & (np.arange(200) >= 120)
    mean_STO, scale_STO = run_network(member, laid, asked_NT, 30)
    asked_ST = asked_NT.any(axis=0, keepdims=True) if layout == "joint" else asked_NT
    assert np.array_equal(np.isfinite(mean_STO).all(axis=2), asked_ST)
    assert np.array_equal(np.isfinite(scale_STO).all(axis=2), asked_ST)
    x_BLF = laid.inputs_of(torch.tensor([0]), torch.tensor([199]), lookback=30, scaler=member.scaler)
    with torch.inference_mode():
        steps_1WO, _ = member.network(x_BLF, last=15)
    assert np.allclose(mean_STO[0, 185:], steps_1WO[0].numpy(), atol=1e-6)
