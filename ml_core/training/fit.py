"""Fits a spec on a split and returns a calibrated forecaster. All who want something learned come through here."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import torch

from ml_core.baselines import BaselineConfig
from ml_core.errors import InvalidInput
from ml_core.evaluation.metrics import find_metric
from ml_core.forecaster.calibration import Calibration, fit_calibration
from ml_core.forecaster.forecaster import Forecaster
from ml_core.forecaster.learners import config_class, is_baseline
from ml_core.forecaster.members import Member
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import RunSpec, Training
from ml_core.training.baseline import BaselineFitting
from ml_core.training.loop import Epoch, Fitting
from ml_core.training.losses import find_loss

AnyFitting: TypeAlias = Fitting | BaselineFitting


def fit(
    spec: RunSpec,
    windows: Windows,
    split: Split,
    *,
    on_epoch: Callable[[int, Epoch], None] | None = None,
) -> Forecaster:
    """Train one network per seed on the split and keep the best epoch of each, or fit a baseline, and calibrate."""
    fittings = [begin(one, windows, split) for one in seeded(spec)]
    for number, fitting in enumerate(fittings):
        for epoch in fitting.epochs():
            if on_epoch:
                on_epoch(number, epoch)
    return assemble(fittings)


def begin(spec: RunSpec, windows: Windows, split: Split) -> AnyFitting:
    """The fitting of one member: of a network, epoch by epoch, or of a baseline, at once."""
    kind = BaselineFitting if is_baseline(spec.model.family) else Fitting
    return kind(spec, windows, split)


def seeded(spec: RunSpec) -> list[RunSpec]:
    """The spec of each member, a seed after the other; of one alone, for a learner that draws nothing."""
    config = config_class(spec.model.family)
    seeds = 1 if issubclass(config, BaselineConfig) and not config.draws else spec.seeds
    return [spec.model_copy(update={"seed": spec.seed + number}) for number in range(seeds)]


def check_training(training: Training, *, objective: str, tickers: int) -> None:
    """Refuse a loss that is unknown or wants more tickers, an objective that a mean alone cannot be measured by, and
    a device that is not here."""
    find_loss(training.loss, tickers=tickers)
    try:
        metric = find_metric(objective)
    except InvalidInput as error:
        raise InvalidInput(f"search.objective: {error}") from None
    if metric.needs or metric.better == "level":
        raise InvalidInput(
            f"search.objective: '{objective}' measures intervals; expected a metric of the mean, such as ic"
        )
    try:
        torch.zeros(1, device=training.device).item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise InvalidInput(f"training.device: '{training.device}' cannot be used: {reason}") from None


def assemble(fittings: Sequence[AnyFitting], *, dense: bool = False) -> Forecaster:
    """One forecaster of the members fitted on the same split. A `dense` one is quick to ask for many rows: its networks
    answer them as they answered while they learned, close to what is served, which is enough to rank it."""
    first, inputs = fittings[0], fittings[0].inputs
    raw = Forecaster(
        spec=first.spec.model_copy(update={"seeds": len(fittings)}),
        features=inputs.features,
        choice=inputs.choice,
        tickers=inputs.windows.tickers,
        members=tuple(_member(fitting, dense=dense) for fitting in fittings),
        calibration=Calibration.none(len(inputs.windows.horizons)),
        regimes=inputs.regimes,
    )
    calibration = calibrate(raw, inputs.windows, first.split)
    return replace(raw, calibration=calibration)


def _member(fitting: AnyFitting, *, dense: bool) -> Member:
    if dense and isinstance(fitting, Fitting):
        return fitting.member(steps=fitting.width)
    return fitting.member()


def calibrate(forecaster: Forecaster, windows: Windows, split: Split) -> Calibration:
    """Trust, scale and widths of these networks, from their outputs on the validation dates."""
    usable_NT = windows.usable(forecaster.lookback)
    outputs = forecaster.outputs(windows, usable_NT & windows.rows(split.validation))
    return fit_calibration(windows, split, usable_NT, *outputs)
