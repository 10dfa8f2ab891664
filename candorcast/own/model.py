"""Registers a model: an estimator with `fit` and `predict`, a learner in full, or a network that our loop trains."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any, TypeVar

from candorcast.own.estimators import Estimators, can_be_given
from candorcast.own.naming import check_name, own_code
from ml_core.baselines import BASELINES, BaselineConfig
from ml_core.errors import InvalidInput
from ml_core.spec import choices
from ml_core.spec.outside import register

FAMILIES = "ml_core.models.families"
Builder = TypeVar("Builder", bound=Callable[..., Any])
Kind = TypeVar("Kind")


class Plain(BaselineConfig):
    """Nothing to choose."""


def model(
    *bare: Any,
    config: type[BaselineConfig] = Plain,
    name: str | None = None,
    raw: bool = False,
    rows: int = 50_000,
) -> Callable[[Builder], Builder]:
    """Register the function below: of (config, seed), or (config, seed, inputs), it makes an object with `fit(X, y)`
    and `predict(X)`. X has a row for each ticker and session and a column for each chosen feature, so many `inputs`; y
    is the target in units of volatility. `raw`: features come as they are, NaN where one is missing, and not scaled. At
    most `rows` are learned from."""
    if bare:
        raise InvalidInput("model: expected parentheses: @candorcast.model() above the function")
    _check_config("model", config)

    def declare(build: Builder) -> Builder:
        called = name or build.__name__
        _check_learner("model", called)
        if not can_be_given(build):
            raise InvalidInput(
                f"model '{called}': expected a function of (config, seed), or (config, seed, inputs), that makes an "
                f"estimator, got {build.__name__}{inspect.signature(build)}"
            )
        if rows < 1:
            raise InvalidInput(f"model '{called}': rows: expected at least 1, got {rows}")
        made = Estimators(called, config, build, raw=raw, rows=rows)
        register("model", called, lambda: made, place=build.__module__)
        return build

    return declare


def baseline(kind: type[Kind]) -> type[Kind]:
    """Register a class with `Config`, `fit(config, lesson)` and `predict(learned, asked)`, as a file of ours in
    `ml_core/baselines` has them: it may look at the panel and give a scale of its own."""
    name = kind.__name__.lower()
    _check_learner("baseline", name)
    for part in ("Config", "fit", "predict"):
        if not hasattr(kind, part):
            raise InvalidInput(f"baseline '{name}': expected Config, fit and predict; it has no {part}")
    own: Any = kind
    _check_config(f"baseline '{name}'", own.Config)
    for part in ("fit", "predict"):
        if not isinstance(inspect.getattr_static(kind, part), staticmethod):
            raise InvalidInput(
                f"baseline '{name}': {part}: expected a @staticmethod: what it learned is what it gives"
            )
    register("model", name, lambda: own, place=kind.__module__)
    return kind


def network(name: str, of: Any) -> None:
    """Register an encoder that our loop trains. `of`: the name of a module with `Config` and `Network`, as a file in
    `ml_core/models/families` has them, which is imported when it is first used, and torch with it; or a class or
    module that has both."""
    _check_learner("network", name)
    if isinstance(of, str) and not _is_module(of):
        raise InvalidInput(f"network '{name}': there is no module '{of}'")
    place = of if isinstance(of, str) else getattr(of, "__module__", getattr(of, "__name__", "__main__"))

    def load() -> Any:
        with own_code(f"network '{name}'", "imported"):
            source = import_module(of) if isinstance(of, str) else of
        return _checked_network(name, source)

    if not isinstance(of, str):
        load()
    register("network", name, load, place=place)


def _is_module(name: str) -> bool:
    """Without importing it; what it lies in is."""
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _checked_network(name: str, source: Any) -> Any:
    from ml_core.models.family import Encoder, ModelConfig

    config, encoder = getattr(source, "Config", None), getattr(source, "Network", None)
    if not (isinstance(config, type) and issubclass(config, ModelConfig)):
        raise InvalidInput(f"network '{name}': expected Config, a child of ml_core.models.family.ModelConfig")
    if not (isinstance(encoder, type) and issubclass(encoder, Encoder)):
        raise InvalidInput(f"network '{name}': expected Network, a child of ml_core.models.family.Encoder")
    return SimpleNamespace(Config=config, Network=encoder)


def _check_learner(kind: str, name: str) -> None:
    check_name(kind, name, [*choices.own_names(BASELINES), *choices.own_names(FAMILIES)])


def _check_config(where: str, config: object) -> None:
    if not (isinstance(config, type) and issubclass(config, BaselineConfig)):
        raise InvalidInput(f"{where}: config: expected a child of candorcast.Config, got {config!r}")
