"""What a metric must keep: it is a number, the order of rows changes no bit, rows without an outcome are left out,
nothing scored gives none, and a forecast that knew what came is better than the same turned round."""

from __future__ import annotations

import numpy as np
import polars as pl

from candorcast.testing.market import score_past
from ml_core.errors import ContractBroken
from ml_core.evaluation.declaration import Metric
from ml_core.evaluation.metrics import find_metric


def check_metric(name: str) -> None:
    metric, scored = find_metric(name), score_past()
    value = metric(scored)
    if not np.isfinite(value):
        raise _refuse(metric, f"is {value} on forecasts that have outcomes; expected a finite number")
    shuffled = scored.sample(fraction=1.0, shuffle=True, seed=1)
    if not np.array_equal(metric(shuffled), value):
        raise _refuse(
            metric, "changes with the order of rows; expected each row to be told by its own numbers"
        )
    _require_outcomes(metric, scored)
    _require_better(metric, scored)
    _require_losses(metric, scored)


def _require_outcomes(metric: Metric, scored: pl.DataFrame) -> None:
    known = pl.int_range(pl.len()) % 3 > 0
    holed = scored.with_columns(realized=pl.when(known).then("realized"))
    if not np.array_equal(metric(holed), metric(scored.filter(known)), equal_nan=True):
        raise _refuse(metric, "counts rows without an outcome; expected them to be left out")
    if not np.isnan(metric(scored.clear())):
        raise _refuse(metric, "is a number where nothing was scored; expected none")


def _require_better(metric: Metric, scored: pl.DataFrame) -> None:
    """Of an interval's own level nothing is asked: nearer to it is better, and who knows all may be farther."""
    if metric.better == "level":
        return
    knew = scored.with_columns(pl.col("realized").alias(name) for name in ("mean", "lower", "upper"))
    knew = knew.with_columns(scale=pl.lit(1e-6))
    turned = knew.with_columns(pl.col("mean", "lower", "upper") * -1)
    best, worst = metric(knew), metric(turned)
    if (
        np.isfinite(best)
        and np.isfinite(worst)
        and not (best < worst if metric.better == "lower" else best > worst)
    ):
        raise _refuse(
            metric,
            f"is {best:g} for who knew what came and {worst:g} for who said the contrary; "
            f"expected the first to be better, as better='{metric.better}' says",
        )


def _require_losses(metric: Metric, scored: pl.DataFrame) -> None:
    """Where rows have losses, their mean is the metric."""
    if metric.row_loss is None or metric.finish is not None:
        return
    mean = float(np.nanmean(metric.loss(scored).to_numpy()))
    worth = mean if metric.better == "lower" else -mean
    if not np.isclose(worth, metric(scored), rtol=1e-9):
        raise _refuse(
            metric, "is not the mean of its rows' losses; expected is_loss=False of one that is none"
        )


def _refuse(metric: Metric, told: str) -> ContractBroken:
    return ContractBroken(f"metric '{metric.name}': {told}")
