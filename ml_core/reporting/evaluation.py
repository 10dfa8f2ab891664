"""Writes an evaluation into one folder as tables and figures. Every figure is drawn from a table that lies beside
it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from ml_core.evaluation.deciles import measure_deciles
from ml_core.evaluation.paths import spread_over_paths
from ml_core.evaluation.through_time import measure_ic
from ml_core.reporting.calibration import draw_calibration
from ml_core.reporting.information import draw_ic
from ml_core.reporting.style import count_sessions, write_figures, write_tables
from ml_core.reporting.trading import gather, write_trading
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.judging import Evaluation

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_evaluation(experiment: Experiment, evaluation: Evaluation, folder: Path) -> list[str]:
    """Write scores, coverage, deciles, the information coefficient through time, and all of trading; return the files'
    names."""
    tables = {
        "scores": evaluation.scores,
        "coverage": evaluation.coverage,
        "ic": measure_ic(evaluation.forecasts),
        "deciles": measure_deciles(evaluation.forecasts),
    }
    if experiment.validation.scheme == "combinatorial":
        tables["paths"] = spread_over_paths(evaluation.scores, evaluation.risk)
    evaluation.forecasts.write_parquet(folder / "forecasts.parquet")
    files = ["forecasts.parquet", *write_tables(folder, tables)]
    files += write_trading(experiment, gather(evaluation.money), folder)
    return files + write_figures(folder, _figures(experiment, evaluation, tables))


def _figures(
    experiment: Experiment, evaluation: Evaluation, tables: Mapping[str, pl.DataFrame]
) -> dict[str, Figure]:
    name, scored = experiment.name, evaluation.forecasts.drop_nulls("realized")
    horizon = experiment.strategy.horizon or experiment.task.horizons[0]
    counts = (
        f"{count_sessions(scored, date='as_of', done='scored')}; {scored.height} forecasts with an outcome"
    )
    windows = " or ".join(str(window) for window in tables["ic"]["window"].unique().sort())
    return {
        "ic": draw_ic(
            tables["ic"], title=f"{name}: information coefficient through time",
            about=f"Over the last {windows} sessions. {counts}.",
        ),
        "calibration": draw_calibration(
            tables["deciles"], evaluation.coverage, horizon=horizon, title=f"{name}: do forecasts mean what they say?",
            about=f"{counts}. Bars hold 90 % of what other draws of the dates would give.",
        ),
    }  # fmt: skip
