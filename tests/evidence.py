"""A small evidence that is whole: for tests that register a version and do not ask how it was judged."""

from __future__ import annotations

from typing import Any

from ml_core.registry.evidence import Evidence
from ml_core.spec.experiment import Experiment
from ml_core.spec.plain import plain
from tests.market import NOW

ACCOUNT = {"sessions": 40, "cumulative": 0.01, "sharpe": None, "sharpe_reason": "too few sessions"}
CHOICE = {
    "feature": "volatility_5", "group": "volatility", "ic": 0.02, "stability": 1.4, "years": 3, "asked": False,
}  # fmt: skip


def evidence_of(experiment: Experiment, *, passed: bool = True, **changes: Any) -> Evidence:
    return Evidence.model_validate(told_of(experiment, passed=passed) | changes)


def told_of(experiment: Experiment, *, passed: bool = True) -> dict[str, Any]:
    """As a file tells it that was written before formats had numbers."""
    check = {
        "name": "leak audit",
        "passed": passed,
        "value": 0.0,
        "required": "no finding",
        "why": "naïve ± 5 %",
    }
    return {
        "experiment": experiment.name,
        "digest": experiment.digest(),
        "source": experiment.data.source,
        "store": "simulated",
        "data_version": 1,
        "created": NOW.isoformat(timespec="seconds"),
        "trained": {"start": "2023-01-03", "end": "2023-06-30"},
        "holdout": {"start": "2024-01-02", "end": "2024-02-28", "sessions": 40, "rows": 480},
        "spec": plain(experiment.spec),
        "features": ["volatility_5"],
        "choice": [CHOICE],
        "tickers": list(experiment.universe.tickers),
        "notes": [],
        "search": {"trials": 3},
        "scores": [score("mse"), score("ic", value=0.05, low=0.01, high=0.09)],
        "coverage": [],
        "backtest": {**ACCOUNT, "benchmark": ACCOUNT},
        "looks": 1,
        "oracle": None,
        "audit": [],
        "gate": {"passed": passed, "checks": [check]},
    }


def score(metric: str, **changes: Any) -> dict[str, Any]:
    """A row of scores in its flat form: a baseline's numbers are columns."""
    place = {"metric": metric, "split": "holdout", "ticker": "*", "horizon": 1, "over": "dates"}
    counts = {"sessions": 40, "rows": 480, "left_out": 0}
    values = {
        "value": 0.0004,
        "low": None,
        "high": None,
        "ridge": 0.0005,
        "skill_ridge": 0.2,
        "p_ridge": 0.03,
    }
    return {**place, **counts, **values, **changes}
