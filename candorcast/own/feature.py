"""Registers a feature: a function that gives an expression of polars over the past of a ticker, or over a date's
tickers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from candorcast.own.naming import check_name, own_code, require_about
from ml_core.errors import InvalidInput
from ml_core.features import declaration
from ml_core.features.declaration import Declare, Feature, FeatureScope
from ml_core.features.table import GROUPS, own_feature_names
from ml_core.spec import choices
from ml_core.spec.outside import find_outside, register

SCOPES = ("ticker", "calendar", "date", "sector")


def feature(
    *needs: str,
    history: int | None = None,
    windows: tuple[int, ...] = (),
    spans: int = 1,
    scope: FeatureScope = "ticker",
    group: str = "own",
) -> Declare:
    """Register the function below as a feature, or as one per window (`name_5`). `needs`: the columns of prices and the
    features that it reads; `history`: the rows before its own that suffice, by default `spans` times the window.
    `group`: under which `features.groups` takes it. It is used where an experiment names it or its group."""
    if strange := next((one for one in needs if not isinstance(one, str)), None):
        raise InvalidInput(
            f"feature: expected the columns that it reads, such as @candorcast.feature('close'), got {strange!r}"
        )
    if not isinstance(windows, (tuple, list)) or not all(type(one) is int and one > 0 for one in windows):
        raise InvalidInput(f"feature: windows: expected whole numbers such as (5, 20), got {windows!r}")
    check_name("feature group", group, choices.own_names(GROUPS))
    if scope not in SCOPES:
        raise InvalidInput(f"feature: scope: expected one of {', '.join(SCOPES)}, got {scope!r}")
    declare = declaration.feature(*needs, history=history, windows=windows, spans=spans, scope=scope)

    def declared(function: Callable[..., pl.Expr]) -> Callable[..., pl.Expr]:
        name = function.__name__
        require_about("feature", name, function)
        made: list[Feature] = vars(declare(function))["features"]
        taken = own_feature_names() | _others(name)
        for one in made:
            check_name("feature", one.name, taken)
            _check(one, needs, history, windows)
        register("feature", name, lambda: (group, made), place=function.__module__)
        return function

    return declared


def _check(one: Feature, needs: tuple[str, ...], history: int | None, windows: tuple[int, ...]) -> None:
    if not needs:
        raise InvalidInput(f"feature '{one.name}': expected the columns that it reads, such as \"close\"")
    if history is None and not windows:
        raise InvalidInput(
            f"feature '{one.name}': expected history, the rows before its own that suffice, or windows"
        )
    with own_code(f"feature '{one.name}'", "made"):
        built: Any = one.build()
    if not isinstance(built, pl.Expr):
        raise InvalidInput(
            f"feature '{one.name}': expected an expression of polars, got {type(built).__name__}"
        )
    if unsaid := sorted({*built.meta.root_names()} - {*needs, "ticker", "date"}):
        raise InvalidInput(
            f"feature '{one.name}': it reads {', '.join(unsaid)}, and says that it reads {', '.join(needs)}"
        )


def _others(name: str) -> set[str]:
    """Features of other functions from outside."""
    return {
        feature.name
        for other, one in find_outside("feature").items()
        if other != name
        for feature in one.load()[1]
    }
