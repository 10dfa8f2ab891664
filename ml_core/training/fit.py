"""Fits a spec, or several that answer as one, on a split and returns a calibrated forecaster. All who want something
learned come through here."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import torch

from ml_core.baselines import BaselineConfig, is_baseline
from ml_core.errors import InvalidInput
from ml_core.evaluation.metrics import find_metric
from ml_core.features.table import unite_asked
from ml_core.forecaster.calibration import Calibration, fit_calibration
from ml_core.forecaster.component import Component, combine, even_out
from ml_core.forecaster.forecaster import Forecaster
from ml_core.forecaster.learners import config_class
from ml_core.forecaster.members import Member
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.spec.ensemble import Spec
from ml_core.spec.experiment import RunSpec, Training
from ml_core.training.baseline import BaselineFitting
from ml_core.training.loop import Epoch, Fitting
from ml_core.training.losses import find_loss

AnyFitting: TypeAlias = Fitting | BaselineFitting


def fit(
    spec: Spec,
    windows: Windows,
    split: Split,
    *,
    on_epoch: Callable[[str, Epoch], None] | None = None,
) -> Forecaster:
    """Train one network per seed on the split and keep the best epoch of each, or fit a baseline, and calibrate. Of
    several specs each learns by itself, and what they say together is calibrated once. `on_epoch` is told who."""
    components, panel = [], windows
    for one in spec.components:
        fittings = [begin(seed, windows, split) for seed in seeded(one.spec)]
        for number, fitting in enumerate(fittings, start=1):
            for epoch in fitting.epochs():
                if on_epoch:
                    on_epoch(f"{one.spec.told}, seed {number}", epoch)
        components.append(replace(_component(fittings), weight=one.weight))
        panel = fittings[0].inputs.windows
    if len(components) > 1:
        panel = windows.read_as(unite_asked([one.spec.reading.features for one in spec.components]))
    return _calibrate(components, panel, split)


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
    first = fittings[0]
    return _calibrate([_component(fittings, dense=dense)], first.inputs.windows, first.split)


def _component(fittings: Sequence[AnyFitting], *, dense: bool = False) -> Component:
    first, inputs = fittings[0], fittings[0].inputs
    return Component(
        spec=first.spec.model_copy(update={"seeds": len(fittings)}),
        features=inputs.features,
        members=tuple(_member(fitting, dense=dense) for fitting in fittings),
        regimes=inputs.regimes,
        choice=inputs.choice,
    )


def _member(fitting: AnyFitting, *, dense: bool) -> Member:
    if dense and isinstance(fitting, Fitting):
        return fitting.member(steps=fitting.width)
    return fitting.member()


def _calibrate(components: Sequence[Component], windows: Windows, split: Split) -> Forecaster:
    """With the sizes of the components' means, trust, scale and widths, from what they say on the validation dates."""
    raw = Forecaster(tuple(components), windows.tickers, Calibration.none(len(windows.horizons)))
    usable_NT = windows.usable(raw.lookback)
    watched_NT = usable_NT & windows.rows(split.validation)
    answers = raw.answers(windows, watched_NT)
    sized = even_out(components, answers, watched_NT)
    calibration = fit_calibration(windows, split, usable_NT, *combine(sized, answers))
    return replace(raw, components=sized, calibration=calibration)
