"""Writes what a run was asked and what it measured, as MLflow keeps it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

TOGETHER = 900  # values in one request; MLflow takes no more than 1,000


def log_values(
    client: MlflowClient,
    run: str,
    params: Mapping[str, Any],
    metrics: Sequence[Mapping[str, float]],
    *,
    since: int = 1,
) -> None:
    """The parameters, and the metrics step by step from this one on."""
    from mlflow.entities import Metric, Param

    now = int(dt.datetime.now(dt.UTC).timestamp() * 1000)
    values = [
        Metric(key, float(value), now, step)
        for step, row in enumerate(metrics, start=since)
        for key, value in row.items()
    ]
    texts = [Param(key, str(value)[:500]) for key, value in params.items()]
    for start in range(0, max(len(values), 1), TOGETHER):
        client.log_batch(run, metrics=values[start : start + TOGETHER], params=texts if start == 0 else [])


def flatten(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """`{"reading": {"lookback": 30}}` as `{"reading.lookback": 30}`; those of a list are numbered from 1."""
    flat: dict[str, Any] = {}
    for key, value in content.items():
        inner = _numbered(value)
        flat |= {f"{prefix}{key}": value} if inner is None else flatten(inner, f"{prefix}{key}.")
    return flat


def _numbered(value: Any) -> Mapping[str, Any] | None:
    """What has keys of its own: a mapping, or a list of mappings, each under its number."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, (list, tuple)) and value and all(isinstance(one, Mapping) for one in value):
        return {str(number): one for number, one in enumerate(value, start=1)}
    return None
