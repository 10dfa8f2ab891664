"""Tells how much each score and risk differs between the paths of a combinatorial evaluation, which all lead
through the same sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

PATH = "path "
RISKS = ("cumulative", "annual_return", "volatility", "sharpe", "max_drawdown")
SPREAD = {
    "measure": pl.String, "horizon": pl.Int32, "paths": pl.Int64, "sessions": pl.Int64, "mean": pl.Float64,
    "deviation": pl.Float64, "least": pl.Float64, "median": pl.Float64, "most": pl.Float64,
}  # fmt: skip


def spread_over_paths(scores: pl.DataFrame, risk: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
    """One row per measure and horizon: each metric, its skill against each baseline, and the risk after costs (its
    horizon is null). Paths share training data, so their deviation is no standard error."""
    of_paths = scores.filter(pl.col("split").str.starts_with(PATH) & (pl.col("ticker") == "*"))
    skills = [name for name in scores.columns if name.startswith("skill_")]
    parts = [_long(of_paths, "value", pl.col("metric"))]
    parts += [
        _long(of_paths, name, pl.col("metric") + f" {name.replace('_', ' against ', 1)}") for name in skills
    ]
    rows = [
        {"measure": name, "horizon": None, "sessions": own["sessions"], "value": own[name]}
        for path, own in risk.items()
        if path.startswith(PATH)
        for name in RISKS
    ]
    schema = {"measure": pl.String, "horizon": pl.Int32, "sessions": pl.Int64, "value": pl.Float64}
    parts.append(pl.DataFrame(rows, schema=schema))
    value = pl.col("value")
    return (
        pl.concat(parts)
        .drop_nulls("value")
        .group_by("measure", "horizon", maintain_order=True)
        .agg(
            paths=pl.len().cast(pl.Int64), sessions=pl.col("sessions").max(), mean=value.mean(),
            deviation=value.std(), least=value.min(), median=value.median(), most=value.max(),
        )
        .select(pl.col(name).cast(kind) for name, kind in SPREAD.items())
    )  # fmt: skip


def _long(scores: pl.DataFrame, column: str, measure: pl.Expr) -> pl.DataFrame:
    return scores.select(measure=measure, horizon="horizon", sessions="sessions", value=column)
