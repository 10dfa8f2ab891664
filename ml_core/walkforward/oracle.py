"""Scores the planted signal itself on the rows of a simulated market, and says which share of it the forecasts
found."""

from __future__ import annotations

import numpy as np
import polars as pl

from ml_core.data.source import open_source
from ml_core.evaluation.metrics import find_metric
from ml_core.spec.experiment import Experiment

SESSIONS = {"daily": 1, "weekly": 5}


def recovered(experiment: Experiment, forecasts: pl.DataFrame, *, horizon: int) -> dict[str, float] | None:
    """The oracle's IC, the forecasts' and the share found. None where the market is not simulated, or where ranks are
    forecast. A signal planted only in volatility is looked for in the forecasts' scale."""
    source = open_source(experiment)
    provider = source.provider
    if provider.oracle is None or experiment.task.target == "rank":
        return None
    sessions = SESSIONS[experiment.task.frequency]
    truth = provider.oracle(experiment.universe, source.config, (horizon * sessions,))
    told = truth.select("ticker", "as_of", "usual", best="mean", best_scale="scale")
    rows = forecasts.filter(pl.col("horizon") == horizon).join(
        told, on=["ticker", "as_of"], maintain_order="left"
    )
    return _of_size(rows) if provider.acts_on(source.config) == "size" else _of_mean(rows)


def _of_mean(rows: pl.DataFrame) -> dict[str, float]:
    metric = find_metric("ic")
    best, achieved = metric(rows.with_columns(mean="best")), metric(rows)
    return {"ic": best, "achieved": achieved, "recovered": achieved / best if best > 0 else 0.0}


def _of_size(rows: pl.DataFrame) -> dict[str, float]:
    """The signal's score is its correlation, date by date, with the size of what came, per unit of what else is known
    of it. The share found is the slope of the scales on the oracle's, both beside that: errors of the volatility,
    which the signal has nothing to do with, leave a slope where it is."""
    usual = pl.col("usual")
    rows = rows.with_columns(
        known=(pl.col("best_scale") / usual).log(),
        said=(pl.col("scale") / usual).log(),
        came=pl.col("realized").abs() / usual,
    )
    best = find_metric("ic")(rows.with_columns(mean="known", realized="came"))
    known, said = (
        rows.select(pl.col(name) - pl.col(name).mean().over("as_of")).to_series().to_numpy()
        for name in ("known", "said")
    )
    share = float(np.dot(known, said) / max(np.dot(known, known), 1e-12))
    return {"ic": best, "achieved": share * best, "recovered": share}
