"""How a feature declares itself: a past-only expression, the columns it needs, the rows of history that suffice.

The history of an exponential average is where what lies before it weighs less than one part in a million: seven spans.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

import polars as pl

FeatureScope = Literal["ticker", "calendar", "date", "sector", "regime"]
Declare = Callable[[Callable[..., pl.Expr]], Callable[..., pl.Expr]]

SPANS = 7
PEERS = " of peers"


@dataclass(frozen=True)
class Feature:
    """One named column. `scope`: the expression runs over a ticker's past, the dates alone, a date's tickers, or
    those of one sector; a `regime` feature has no expression of its own, for it needs parameters that a fit learns.
    A `part` is what features are made of: kept in double precision, never handed out."""

    name: str
    history: int
    needs: tuple[str, ...]
    scope: FeatureScope
    build: Callable[[], pl.Expr]
    about: str = ""
    part: bool = False

    @property
    def compares(self) -> bool:
        """Whether its own expression looks at other tickers."""
        return self.scope in ("date", "sector")

    def expression(self) -> pl.Expr:
        """The column; a feature in single precision, so that what is made of it does not depend on who asked."""
        value = self.build() if self.part else self.build().cast(pl.Float32)
        return value.alias(self.name)


def peers(need: str) -> pl.Expr:
    """What a comparing feature needs, of those that are compared: null on the rows of a ticker that is not in the
    universe that day. All aggregates read this; what is the ticker's own reads the column itself."""
    return pl.col(need + PEERS)


def feature(
    *needs: str,
    history: int | None = None,
    windows: tuple[int, ...] = (),
    spans: int = 1,
    scope: FeatureScope = "ticker",
) -> Declare:
    """Declare a feature, or one per window: `momentum` over (5, 20) becomes momentum_5 and momentum_20.

    `history` is the number of rows before its own that the expression itself looks at: by default `spans` times the
    window; what it needs adds its own. A need may contain `{window}`: it then names the feature of that window.
    """

    return _declaring(needs, history, windows=windows, spans=spans, scope=scope)


def part(*needs: str, history: int | None = None, windows: tuple[int, ...] = ()) -> Declare:
    """Declare a column of a ticker's past that features are made of and nobody asks for; windows as for a feature."""
    return _declaring(needs, history, windows=windows, is_part=True)


def _declaring(
    needs: tuple[str, ...],
    history: int | None,
    *,
    windows: tuple[int, ...],
    spans: int = 1,
    scope: FeatureScope = "ticker",
    is_part: bool = False,
) -> Declare:
    def one(function: Callable[..., pl.Expr], window: int | None) -> Feature:
        name = function.__name__
        return Feature(
            name=name if window is None else f"{name}_{window}",
            history=spans * (window or 0) if history is None else history,
            needs=tuple(need.format(window=window) for need in needs),
            scope=scope,
            build=function if window is None else lambda: function(window),
            about=" ".join((function.__doc__ or "").split()),
            part=is_part,
        )

    def declare(function: Callable[..., pl.Expr]) -> Callable[..., pl.Expr]:
        vars(function)["features"] = [one(function, window) for window in windows or (None,)]
        return function

    return declare


def features_of(module: ModuleType) -> list[Feature]:
    """Every feature or part that a file declares, in the order written."""
    declared: list[Feature] = []
    for item in vars(module).values():
        own: Any = getattr(item, "features", ()) if getattr(item, "__module__", "") == module.__name__ else ()
        declared += own
    return declared


def whole_history(name: str, known: Mapping[str, Feature]) -> int:
    """The rows before its own that suffice for a feature, through everything that it needs."""
    if name not in known:
        return 0
    feature = known[name]
    return feature.history + max((whole_history(need, known) for need in feature.needs), default=0)
