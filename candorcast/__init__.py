"""candorcast in Python, for notebooks and scripts: `candorcast.open("weekly_etfs")` is an experiment, whose verbs are
those of the command line. What is imported here is loaded when it is first used, so that an import starts nothing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from candorcast.account import Traded
    from candorcast.opened import Opened
    from candorcast.opening import experiments, open
    from candorcast.own.feature import feature
    from candorcast.own.metric import metric, metric_by_date
    from candorcast.own.model import baseline, model, network
    from candorcast.own.provider import provider
    from candorcast.own.strategy import strategy
    from candorcast.papers import Reported
    from candorcast.rechecked import Rechecked, recheck
    from ml_core.baselines import BaselineConfig as Config
    from ml_core.errors import ForecastError
    from ml_core.spec.ranges import LogUniform, OneOf, Uniform

PLACES = {
    "open": "candorcast.opening",
    "experiments": "candorcast.opening",
    "Opened": "candorcast.opened",
    "Traded": "candorcast.account",
    "Reported": "candorcast.papers",
    "recheck": "candorcast.rechecked",
    "Rechecked": "candorcast.rechecked",
    "ForecastError": "ml_core.errors",
    # what is registered from outside
    "model": "candorcast.own.model",
    "baseline": "candorcast.own.model",
    "network": "candorcast.own.model",
    "feature": "candorcast.own.feature",
    "metric": "candorcast.own.metric",
    "metric_by_date": "candorcast.own.metric",
    "provider": "candorcast.own.provider",
    "strategy": "candorcast.own.strategy",
    "Config": "ml_core.baselines",
    "OneOf": "ml_core.spec.ranges",
    "Uniform": "ml_core.spec.ranges",
    "LogUniform": "ml_core.spec.ranges",
}
CALLED = {"Config": "BaselineConfig"}  # there
__all__ = [
    "Config", "ForecastError", "LogUniform", "OneOf", "Opened", "Rechecked", "Reported", "Traded", "Uniform",
    "baseline", "experiments", "feature", "metric", "metric_by_date", "model", "network", "open", "provider",
    "recheck", "strategy",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module 'candorcast' has no '{name}'; it has {', '.join(sorted(PLACES))}")
    return getattr(import_module(PLACES[name]), CALLED.get(name, name))


def __dir__() -> list[str]:
    return sorted(PLACES)
