"""How a feature declares itself: past-only expression, the columns it needs, the rows of history it needs.

The history of an exponential average is where what lies before it weighs less than one part in a million: seven spans.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

import polars as pl

Scope = Literal["ticker", "date", "row", "regime"]


@dataclass(frozen=True)
class Feature:
    """One named column. `scope`: the expression runs over a ticker's past, a date's tickers, or
    one row; a `regime` feature has no expression of its own, for it needs parameters that a fit learns."""

    name: str
    history: int
    needs: tuple[str, ...]
    scope: Scope
    build: Callable[[], pl.Expr]

    def expression(self) -> pl.Expr:
        expression = self.build()
        if self.scope != "row":
            expression = expression.over(self.scope)
        return expression.alias(self.name)


def feature(
    *needs: str, history: int | None = None, windows: tuple[int, ...] = (), scope: Scope = "ticker"
) -> Callable[[Callable[..., pl.Expr]], Callable[..., pl.Expr]]:
    """Declare a feature, or one per window: `momentum` over (5, 20) becomes momentum_5 and momentum_20.

    A need may contain `{window}`: it then names the feature of the same window.
    """

    def declare(function: Callable[..., pl.Expr]) -> Callable[..., pl.Expr]:
        name = function.__name__
        if windows:
            declared = [
                Feature(
                    name=f"{name}_{window}",
                    history=history or window + 1,
                    needs=tuple(need.format(window=window) for need in needs),
                    scope=scope,
                    build=lambda window=window: function(window),
                )
                for window in windows
            ]
        else:
            declared = [Feature(name, history or 1, needs, scope, function)]
        vars(function)["features"] = declared
        return function

    return declare


def features_of(group: ModuleType) -> list[Feature]:
    """Every feature that a group's file declares, in the order written."""
    return [declared for item in vars(group).values() for declared in getattr(item, "features", ())]
