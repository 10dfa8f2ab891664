"""Registers a strategy: a function from forecasts and prices to weights. `strategy.kind` names it; the limits, costs
and execution of [strategy] hold for it as for ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from candorcast.frames import as_polars
from candorcast.own.naming import check_name, own_code
from ml_core.errors import InvalidData, InvalidInput
from ml_core.frames import POSITIONS, conform, unique
from ml_core.portfolio.market import Market
from ml_core.spec.outside import register
from ml_core.spec.strategy import KINDS

Decide = Callable[[pl.DataFrame, Market | None], Any]


def strategy(function: Decide) -> Decide:
    """Register the function below: of (views, market) it gives (ticker, date, weight), a share of the equity each,
    below zero to sell short. `views` is (ticker, date, mean, scale) of the strategy's horizon, `market.prices` are
    PRICES. A date's weights may depend on that date and earlier ones only: `audit` looks."""
    name = function.__name__
    check_name("strategy", name, KINDS)
    whose = f"strategy '{name}'"

    def decide(views: pl.DataFrame, market: Market | None) -> pl.DataFrame:
        with own_code(whose, "decided"):
            told = function(views, market)
        try:
            weights = unique(conform(as_polars(told, whose), POSITIONS, whose), ["ticker", "date"], whose)
        except InvalidData as error:
            raise InvalidInput(f"{error}; expected (ticker, date, weight), a row each") from None
        odd = weights.filter(~pl.col("weight").is_finite())
        if odd.height:
            raise InvalidInput(f"{whose}: {odd['ticker'][0]} on {odd['date'][0]}: expected a finite weight")
        return weights

    register("strategy", name, lambda: decide, place=function.__module__)
    return function
