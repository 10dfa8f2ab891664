"""Knows what was registered from outside the package: providers, models, features, strategies and metrics of one's own.
Lists of choices ask here besides the files of their folder.

An installed package names a module under the entry points `candorcast.plugins`; it is imported once in every process
that looks into such a list, be it a search's worker or the app. What a notebook registers its own process knows alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from ml_core.errors import ForecastError, InvalidInput

GROUP = "candorcast.plugins"
PluginKind = Literal["provider", "model", "network", "feature", "strategy", "metric"]
OPEN: Mapping[str, PluginKind] = {
    "ml_core.baselines": "model",
    "ml_core.models.families": "network",
    "ml_core.data.providers": "provider",
}


@dataclass(frozen=True)
class Outside:
    """One registered thing. `place`: the module that registered it; `package` and its `version`: the distribution that
    brought it, none where it was registered in this process alone."""

    kind: PluginKind
    name: str
    load: Callable[[], Any]
    place: str
    package: str | None = None
    version: str | None = None


@dataclass
class _Registry:
    known: dict[tuple[PluginKind, str], Outside]
    lock: threading.RLock
    begun: bool = False
    bringing: tuple[str | None, str | None] = (None, None)
    changes: int = 0


_registry = _Registry({}, threading.RLock())


def register(kind: PluginKind, name: str, load: Callable[[], Any], *, place: str) -> None:
    """Known from now on by that name. The same module may say it again, as a cell that is run twice does."""
    with _registry.lock:
        before = _registry.known.get((kind, name))
        if before and before.place != place:
            raise InvalidInput(
                f"{kind} '{name}' of {place}: {before.place} registered one of that name; expected another name"
            )
        _registry.known[kind, name] = Outside(kind, name, load, place, *_registry.bringing)
        _registry.changes += 1


def find_outside(kind: PluginKind) -> dict[str, Outside]:
    """All of that kind by name; packages that bring some are loaded first."""
    load_plugins()
    return {name: one for (kind_, name), one in _registry.known.items() if kind_ == kind}


def count_changes() -> int:
    """Another number whenever something was registered: what was listed before may be out of date."""
    load_plugins()
    return _registry.changes


def load_plugins() -> None:
    """Once a process. A package that cannot be loaded is named, each time that somebody asks."""
    if _registry.begun:
        return
    with _registry.lock:
        if _registry.begun or _registry.bringing[0]:
            return
        for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
            _bring(point)
        _registry.begun = True


def _bring(point: EntryPoint) -> None:
    package = point.dist.name if point.dist else point.value
    _registry.bringing = (package, point.dist.version if point.dist else None)
    try:
        point.load()
    except ForecastError as error:
        raise InvalidInput(f"plug-in {package}: {error}; repair it, or uninstall it") from None
    except (Exception, SystemExit) as error:
        told = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise InvalidInput(
            f"plug-in {package} ({point.value}) cannot be loaded: {told}; repair it, or uninstall it"
        ) from error
    finally:
        _registry.bringing = (None, None)


def forget(kind: PluginKind, name: str) -> None:
    """As if it had never been registered, in this process: a test, or a cell that was a mistake."""
    with _registry.lock:
        if _registry.known.pop((kind, name), None) is None:
            raise InvalidInput(f"{kind}: nothing is registered as '{name}'")
        _registry.changes += 1
