"""Walks an experiment forward through time: its own spec is fitted anew for every fold, and each test session is
scored once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from ml_core.forecaster.forecaster import Forecaster
from ml_core.home.telling import Tell
from ml_core.panel.gaps import tell_gaps
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Experiment
from ml_core.training.fit import fit
from ml_core.walkforward.beside import forecast_baselines
from ml_core.walkforward.judging import Evaluation, judge
from ml_core.walkforward.opening import open_windows, plan_folds
from ml_core.walkforward.rows import forecast_split, name_part, tell_volatility


def evaluate(
    experiment: Experiment,
    prices: pl.DataFrame,
    *,
    benchmark: pl.DataFrame | None = None,
    progress: Tell | None = None,
) -> Evaluation:
    """Refit the experiment's own model for every fold and for the holdout, and score every test session once."""
    windows, left_out = open_windows(experiment.spec, prices)
    splits = plan_folds(experiment, windows)
    parts = []
    for split, forecaster in _refit(experiment, windows, splits, progress=progress):
        beside = forecast_baselines(experiment, windows, split, beside=forecaster, progress=progress)
        parts.append((forecast_split(forecaster, windows, split), beside))
    forecasts = pl.concat([scored for scored, _ in parts])
    baselines = {name: pl.concat([beside[name] for _, beside in parts]) for name in parts[0][1]}
    volatility = pl.concat(
        [tell_volatility(windows, split).with_columns(split=name_part(split)) for split in splits]
    )
    evaluation = judge(experiment, prices, forecasts, baselines, volatility, benchmark=benchmark)
    return replace(
        evaluation, left_out=left_out, lost=tell_gaps(prices, windows, experiment.reading.lookback)
    )


def walk_forecasts(
    experiment: Experiment, prices: pl.DataFrame, *, progress: Tell | None = None
) -> pl.DataFrame:
    """SCORED rows of every fold and of the holdout, as `evaluate` has them, without the baselines and the scores."""
    windows, _ = open_windows(experiment.spec, prices)
    refitted = _refit(experiment, windows, plan_folds(experiment, windows), progress=progress)
    return pl.concat([forecast_split(forecaster, windows, split) for split, forecaster in refitted])


def _refit(
    experiment: Experiment, windows: Windows, splits: list[Split], *, progress: Tell | None
) -> Iterator[tuple[Split, Forecaster]]:
    """The experiment's own spec, fitted anew for each split."""
    for number, split in enumerate(splits):
        if progress:
            progress(
                f"fold {number + 1} of {len(splits)}: {split.name} {split.test.start} to {split.test.end}"
            )
        yield split, fit(experiment.spec, windows, split)
