"""Registers a strategy: a function from forecasts and prices to weights. `strategy.kind` names it, [strategy.options]
says what it takes; the limits, costs and execution of [strategy] hold for it as for ours."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, overload

import polars as pl

from candorcast.frames import as_polars
from candorcast.own.naming import check_name, own_code
from ml_core.baselines import BaselineConfig
from ml_core.errors import InvalidData, InvalidInput
from ml_core.frames import POSITIONS, conform, unique
from ml_core.portfolio.market import Market
from ml_core.spec.outside import register
from ml_core.spec.strategy import KINDS, OwnStrategy

Decide = TypeVar("Decide", bound=Callable[..., Any])


class _NothingToSay(BaselineConfig):
    """It takes no options."""


@overload
def strategy(function: Decide, /) -> Decide: ...


@overload
def strategy(*, config: type[BaselineConfig]) -> Callable[[Decide], Decide]: ...


def strategy(function: Any = None, /, *, config: type[BaselineConfig] = _NothingToSay) -> Any:
    """Register the function below: of (views, market) it gives (ticker, date, weight), a share of the equity each,
    below zero to sell short. `views` is (ticker, date, mean, scale) of the strategy's horizon, `market.prices` are
    PRICES. A date's weights may depend on that date and earlier ones only: `audit` looks. With `config`, which says
    what [strategy.options] may hold, it is a function of (views, market, options)."""
    if not (isinstance(config, type) and issubclass(config, BaselineConfig)):
        raise InvalidInput(f"strategy: config: expected a child of candorcast.Config, got {config!r}")

    def declare(decide: Decide) -> Decide:
        name = decide.__name__
        check_name("strategy", name, KINDS)
        takes = ("views", "market") if config is _NothingToSay else ("views", "market", "options")
        if len(inspect.signature(decide).parameters) != len(takes):
            raise InvalidInput(
                f"strategy '{name}': expected a function of ({', '.join(takes)}), got "
                f"{name}{inspect.signature(decide)}"
            )
        own = OwnStrategy(_checked(f"strategy '{name}'", decide, len(takes)), config)
        register("strategy", name, lambda: own, place=decide.__module__)
        return decide

    return declare if function is None else declare(function)


def _checked(whose: str, decide: Callable[..., Any], takes: int) -> Callable[..., pl.DataFrame]:
    """The same, and what it gives are weights."""

    def decided(views: pl.DataFrame, market: Market | None, options: BaselineConfig) -> pl.DataFrame:
        with own_code(whose, "decided"):
            told = decide(*(views, market, options)[:takes])
        try:
            weights = unique(conform(as_polars(told, whose), POSITIONS, whose), ["ticker", "date"], whose)
        except InvalidData as error:
            raise InvalidInput(f"{error}; expected (ticker, date, weight), a row each") from None
        odd = weights.filter(~pl.col("weight").is_finite())
        if odd.height:
            raise InvalidInput(f"{whose}: {odd['ticker'][0]} on {odd['date'][0]}: expected a finite weight")
        return weights

    return decided
