"""Picks from a registered version the evidence that the API and the app show."""

import math
from typing import Any

from ml_core.registry.versions import ModelVersion
from serving.messages import Info


def describe(found: ModelVersion, *, served: bool) -> Info:
    """What was judged, on which dates, by which scores and checks."""
    evidence = tidy(dict(found.evidence))
    task = found.spec.task
    return Info(
        model=found.name,
        version=found.version,
        aliases=list(found.aliases),
        created=found.created,
        served=served,
        tickers=evidence.get("tickers") or [],
        horizons=list(task.horizons),
        frequency=task.frequency,
        target=task.target,
        data_version=evidence.get("data_version"),
        scores=evidence.get("scores") or [],
        oracle=evidence.get("oracle"),
        spec=evidence["spec"],
        trained=evidence.get("trained") or {},
        holdout=evidence.get("holdout") or {},
        coverage=evidence.get("coverage") or [],
        choice=evidence.get("choice") or [],
        gate=evidence.get("gate") or {},
        search=evidence.get("search") or {},
        backtest=evidence.get("backtest") or {},
    )


def tidy(value: Any) -> Any:
    """JSON knows no NaN or infinity: what is not a number is not there."""
    if isinstance(value, dict):
        return {key: tidy(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [tidy(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
