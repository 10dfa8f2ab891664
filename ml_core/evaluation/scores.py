"""Scores forecasts beside their baselines on the same rows: the table of evidence, a row per metric, with
intervals and p-values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ml_core.errors import ForecastError, InvalidData
from ml_core.evaluation.bootstrap import interval, resample_weights
from ml_core.evaluation.declaration import Metric, MetricSums, value_of
from ml_core.evaluation.metrics import find_metric, metric_names
from ml_core.evaluation.rows import KEY, VALUES, ScoredRows, rows_of
from ml_core.evaluation.significance import diebold_mariano
from ml_core.frames import Array
from ml_core.spec.outside import find_outside

TICKER_METRICS = ("mse", "direction", "ic")


@dataclass(frozen=True)
class _Plan:
    metrics: tuple[Metric, ...]
    seed: int
    level: float
    resamples: int


def score(
    scored: pl.DataFrame,
    baselines: Mapping[str, pl.DataFrame] | None = None,
    *,
    metrics: Sequence[str] | None = None,
    by_ticker: bool = False,
    seed: int = 0,
    level: float = 0.9,
    resamples: int = 500,
) -> pl.DataFrame:
    """One row per split, horizon and metric, with its interval; beside it each baseline b on the same rows.

    Column b is its value, `skill_b` the share of its error that is gone, `p_b` Diebold-Mariano (model better).
    `over` says what was averaged: rows, dates, or time within a ticker. A metric that a baseline cannot have
    (coverage of a forecast without interval) is null. One that was registered from outside and fails, or is no
    number, has no value either, and `why` says what went wrong. `by_ticker` adds rows of each ticker.
    """
    table = lay_beside(scored, baselines or {})
    names = tuple(baselines or {})
    plan = _Plan(tuple(map(find_metric, metrics or metric_names())), seed, level, resamples)
    single = _Plan(tuple(m for m in plan.metrics if m.name in TICKER_METRICS), seed, level, resamples)
    rows: list[dict[str, object]] = []
    for (split, horizon), part in _groups(table, ["split", "horizon"]):
        rows += _measure(part, {"split": split, "ticker": "*", "horizon": horizon}, names, plan)
        for (ticker,), one in _groups(part, ["ticker"]) if by_ticker else ():
            rows += _measure(one, {"split": split, "ticker": ticker, "horizon": horizon}, names, single)
    return pl.DataFrame(rows, schema=scores_schema(names))


def scores_schema(baselines: Sequence[str] = ()) -> dict[str, type[pl.DataType]]:
    """The columns of a Scores table with these baselines."""
    names = dict.fromkeys(("metric", "split", "ticker"), pl.String)
    counts = dict.fromkeys(("sessions", "rows", "left_out"), pl.Int64)
    beside = [f"{kind}{name}" for name in baselines for kind in ("", "skill_", "p_")]
    values = dict.fromkeys(["value", "low", "high", *beside], pl.Float64)
    return {**names, "horizon": pl.Int32, "over": pl.String, **counts, **values, "why": pl.String}


def _groups(table: pl.DataFrame, keys: list[str]) -> Iterator[tuple[tuple, pl.DataFrame]]:
    yield from sorted(table.partition_by(keys, as_dict=True).items())


def lay_beside(scored: pl.DataFrame, baselines: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The scored rows with each baseline's columns as `baseline:column`; other rows are refused."""
    table = scored if "split" in scored.columns else scored.with_columns(split=pl.lit("test"))
    key = table.select(KEY)
    for name, forecast in baselines.items():
        missing = [column for column in (*KEY, "mean") if column not in forecast.columns]
        if missing:
            raise InvalidData(f"baseline {name}: missing column {', '.join(missing)}")
        own = forecast.select(pl.col(column).cast(table.schema[column]) for column in KEY)
        columns = [column for column in VALUES if column in forecast.columns and column != "realized"]
        values = own.with_columns(forecast[c].cast(pl.Float64).alias(f"{name}:{c}") for c in columns)
        if not own.equals(key):
            _same_rows(key, own, name)
            values = key.join(values, on=KEY, how="left", maintain_order="left")
        table = table.hstack(values.drop(KEY))
    return table


def _same_rows(key: pl.DataFrame, own: pl.DataFrame, name: str) -> None:
    lacks, adds = key.join(own, on=KEY, how="anti"), own.join(key, on=KEY, how="anti")
    for which, rows in (("lacks", lacks), ("adds", adds)):
        if rows.height:
            raise InvalidData(f"baseline {name}: other rows; it {which} {rows.height}, first {rows.row(0)}")
    if own.height != key.height:
        raise InvalidData(f"baseline {name}: {own.height} rows for {key.height} forecasts; some stand twice")


def _measure(
    part: pl.DataFrame, place: dict[str, object], names: tuple[str, ...], plan: _Plan
) -> Iterator[dict[str, object]]:
    rows = rows_of(part)
    rivals = {name: rows_beside(part, rows, name) for name in names}
    horizon = int(part["horizon"][0])
    weights = resample_weights(rows.sessions, seed=plan.seed, horizon=horizon, resamples=plan.resamples)
    outside = find_outside("metric")
    for metric in plan.metrics:
        reckon = _reckon_outside if metric.name in outside else _reckon
        yield {
            **place, "metric": metric.name, "over": metric.over(rows),
            "sessions": rows.sessions, "rows": len(rows.session), "left_out": rows.left_out,
            **reckon(metric, rows, rivals, weights, level=plan.level, horizon=horizon),
        }  # fmt: skip


def _reckon(
    metric: Metric,
    rows: ScoredRows,
    rivals: Mapping[str, ScoredRows],
    weights: Array,
    *,
    level: float,
    horizon: int,
) -> dict[str, object]:
    """The value with its interval, and beside each baseline."""
    parts = metric.split(rows)
    low, high = _interval(parts, weights, level)
    told: dict[str, object] = {"value": _known(value_of(parts)), "low": low, "high": high}
    for name, rival in rivals.items():
        told |= _compare(metric, parts, metric.split(rival), name=name, horizon=horizon)
    return told


def _reckon_outside(metric: Metric, rows: ScoredRows, *given: Any, **named: Any) -> dict[str, object]:
    """Of somebody else's code: what goes wrong in it is told, and takes nothing else with it."""
    try:
        told = _reckon(metric, rows, *given, **named)
    except ForecastError as error:
        return {"why": str(error)}
    asked = rows.sessions and all(need in rows.values for need in metric.needs)
    if asked and told["value"] is None:
        told["why"] = f"metric '{metric.name}': expected a finite number, got none"
    return told


def rows_beside(part: pl.DataFrame, rows: ScoredRows, name: str) -> ScoredRows:
    """The same rows, which `part` of a table laid beside gave, under the forecast of the baseline of that name."""
    prefix = f"{name}:"
    columns = [column for column in part.columns if column.startswith(prefix)]
    values = {column.removeprefix(prefix): part[column].to_numpy()[rows.order] for column in columns}
    if not np.isfinite(values["mean"]).all():
        first = part.select(KEY).row(int(rows.order[~np.isfinite(values["mean"])][0]))
        raise InvalidData(f"baseline {name}: no finite mean for {first}")
    return rows.with_forecast(values)


def _interval(parts: MetricSums | None, weights: Array, level: float) -> tuple[float | None, float | None]:
    if parts is None or weights.shape[1] < 2:
        return None, None
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = interval(parts.finish(weights @ parts.sums_TK), level=level)
    return _known(low), _known(high)


def _compare(
    metric: Metric, ours: MetricSums | None, theirs: MetricSums | None, *, name: str, horizon: int
) -> dict[str, float | None]:
    value, base, p = value_of(ours), value_of(theirs), float("nan")
    skill = metric.skill(value, base)
    if ours and theirs and ours.loss_T is not None and theirs.loss_T is not None:
        p = diebold_mariano(ours.loss_T, theirs.loss_T, horizon=horizon).p
    return {name: _known(base), f"skill_{name}": _known(skill), f"p_{name}": _known(p)}


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
