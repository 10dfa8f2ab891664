"""Fits every baseline that stands beside a model, and forecasts the same rows with it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ml_core.baselines import Lesson, fit_baseline
from ml_core.evaluation.metrics import DEVIATIONS
from ml_core.forecaster.forecaster import Forecaster
from ml_core.home.telling import Tell
from ml_core.panel.regimes import with_regimes
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Experiment, Model


def forecast_baselines(
    experiment: Experiment,
    windows: Windows,
    split: Split,
    *,
    beside: Forecaster | None = None,
    names: Sequence[str] | None = None,
    progress: Tell | None = None,
) -> dict[str, pl.DataFrame]:
    """What each baseline, or those of these `names`, says: mean and scale, with a normal's interval of them, on the
    rows that a model is scored on, from the inputs of that model; without one, from all features. They are rivals:
    those who fit parameters once learn from all that was known before the first test date."""
    lesson = Lesson(windows, split, experiment.reading.lookback, windows.features, rival=True)
    if beside:
        windows = beside.narrow(windows)
        windows = with_regimes(windows, beside.regimes, beside.features)
        scaling = beside.components[0].spec.reading.features.scaling
        lesson = Lesson(
            windows, split, beside.lookback, beside.features, scaling, beside.spec.seed, rival=True
        )
    rows_NT = windows.usable(lesson.lookback) & windows.rows(split.test)
    tables = {}
    for name in baselines_beside(experiment) if names is None else names:
        fitted = fit_baseline(Model(family=name), lesson)
        if progress:
            for note in fitted.learned.notes:
                progress(f"{name}: {note}")
        told = fitted.outputs(windows, rows_NT, lesson.features)
        mean_NTH, scale_NTH = (part_NTH * windows.unit_NTH for part_NTH in told)
        reach_NTH = DEVIATIONS * scale_NTH
        tables[name] = windows.to_table(
            rows_NT, mean=mean_NTH, lower=mean_NTH - reach_NTH, upper=mean_NTH + reach_NTH, scale=scale_NTH
        )
    return tables


def baselines_beside(experiment: Experiment) -> tuple[str, ...]:
    """Zero, those that stand beside every score, and those that the gate names."""
    return tuple(dict.fromkeys(("zero", *experiment.validation.baselines, *experiment.gate.beat)))
