"""candorcast in Python, for notebooks and scripts: `candorcast.open("weekly_etfs")` is an experiment, whose verbs are
those of the command line. What is imported here is loaded when it is first used, so that an import starts nothing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from candorcast.opened import Opened
    from candorcast.opening import experiments, open
    from candorcast.traded import Traded
    from ml_core.errors import ForecastError

PLACES = {
    "open": "candorcast.opening",
    "experiments": "candorcast.opening",
    "Opened": "candorcast.opened",
    "Traded": "candorcast.traded",
    "ForecastError": "ml_core.errors",
}
__all__ = ["ForecastError", "Opened", "Traded", "experiments", "open"]


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module 'candorcast' has no '{name}'; it has {', '.join(sorted(PLACES))}")
    return getattr(import_module(PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted(PLACES)
