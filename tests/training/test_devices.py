"""Training knows its device by the spec alone: every device that is here, and one that nothing can be read from."""

import numpy as np
import pytest
import torch

from ml_core.errors import InvalidInput
from ml_core.models.family import FAMILIES
from ml_core.panel.splits import Span, Split
from ml_core.spec import choices
from ml_core.spec.experiment import Model, Reading, RunSpec, Task, Training
from ml_core.training.fit import check_training, fit
from ml_core.training.loop import LOOKS, Fitting
from ml_core.training.losses import LOSSES
from tests.market import read_windows, simulate_prices

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
TASK = Task(horizons=(1, 3))
PRICES = simulate_prices(sessions=200)
WINDOWS = read_windows(PRICES, TASK)
DAYS = WINDOWS.sessions
SPLIT = Split(0, Span(DAYS[40], DAYS[120]), Span(DAYS[126], DAYS[150]), Span(DAYS[156], DAYS[-1]))


def spec_of(device: str, *, family: str = "lstm", layout: str = "pooled", **training) -> RunSpec:
    given = {"epochs": 2, "batch": 32, "device": device, **training}
    reading = Reading.model_validate({"lookback": 8, "layout": layout})
    fitted = Training.model_validate(given)
    return RunSpec(task=TASK, reading=reading, model=Model(family=family), training=fitted)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("loss", LOSSES)
def test_what_a_device_trained_forecasts_on_the_cpu(device, precision, loss):
    spec = spec_of(device, precision=precision, loss=loss)
    forecaster = fit(spec, WINDOWS, SPLIT)
    for tensor in forecaster.members[0].network.state_dict().values():
        assert tensor.device.type == "cpu"
    found = forecaster.predict(PRICES, since=DAYS[-20])["mean"].to_numpy()
    assert np.isfinite(found).all()
    beside = fit(spec_of("cpu", precision=precision, loss=loss), WINDOWS, SPLIT)
    expected = beside.predict(PRICES, since=DAYS[-20])["mean"].to_numpy()
    assert np.corrcoef(found, expected)[0, 1] > 0.9


@pytest.mark.parametrize("device", DEVICES)
def test_fits_side_by_side_on_a_device_equal_fits_alone(device):
    def epochs_of(dropout: float):
        spec = spec_of(device).model_copy(update={"model": Model(family="tcn", dropout=dropout)})
        return Fitting(spec, WINDOWS, SPLIT).epochs()

    alone = [list(epochs_of(rate)) for rate in (0.1, 0.3)]
    assert [list(pair) for pair in zip(*alone, strict=True)] == [
        list(pair) for pair in zip(epochs_of(0.1), epochs_of(0.3), strict=True)
    ]


@pytest.mark.parametrize("family", choices.names(FAMILIES))
@pytest.mark.parametrize("device", DEVICES)
def test_the_same_seed_learns_the_same_weights_in_every_bit_on_each_device(device, family):
    def learn() -> list[bytes]:
        fitting = Fitting(spec_of(device, family=family), WINDOWS, SPLIT)
        list(fitting.epochs())
        return [tensor.cpu().numpy().tobytes() for tensor in fitting.network.state_dict().values()]

    assert learn() == learn()


STEPS = [("mse", "pooled", family) for family in choices.names(FAMILIES)] + [
    ("mse", "joint", "lstm"),
    ("ic", "pooled", "lstm"),
    ("ic", "joint", "lstm"),
]


@pytest.mark.parametrize(("loss", "layout", "family"), STEPS)
def test_a_step_reads_nothing_back_from_its_device(loss, layout, family):
    spec = spec_of("meta", family=family, layout=layout, loss=loss, batch=8, windows=16)
    fitting = Fitting(spec, WINDOWS, SPLIT)
    assert 1 < fitting.tiling.count(batch=8, limit=16) < LOOKS
    with pytest.raises(RuntimeError, match="cannot be called on meta") as raised:
        next(fitting.epochs())
    assert "_step" not in [entry.name for entry in raised.traceback]  # it is the look at the epoch's loss
    assert any(parameter.grad is not None for parameter in fitting.network.parameters())


def test_fits_of_one_panel_share_its_copy_on_their_device():
    first, second = (Fitting(spec_of("meta", loss=loss), WINDOWS, SPLIT).feed for loss in ("mse", "ic"))
    assert first.x_STF is second.x_STF
    other = read_windows(simulate_prices(sessions=201), TASK)
    assert Fitting(spec_of("meta"), other, SPLIT).feed.x_STF is not first.x_STF
    assert Fitting(spec_of("cpu"), WINDOWS, SPLIT).feed.x_STF.data_ptr() == WINDOWS.x_NTF.ctypes.data


@pytest.mark.parametrize("device", ["meta", "cuda:77", "abacus"])
def test_a_device_that_cannot_be_used_is_refused(device):
    with pytest.raises(InvalidInput, match=rf"training\.device: '{device}' cannot be used"):
        check_training(Training(device=device), objective="ic", tickers=6)
