"""What a strategy must keep: what it decides of a date depends on that date and earlier ones, in every bit, and it
decides something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from candorcast.testing.market import forecast_past, make_prices
from ml_core.errors import ContractBroken
from ml_core.evaluation.leakage import audit
from ml_core.portfolio.market import Market
from ml_core.portfolio.strategies import build_positions
from ml_core.spec.strategy import Strategy


def check_strategy(name: str, options: Mapping[str, Any] | None = None) -> None:
    """By its name in `strategy.kind`, with the options of [strategy.options]."""
    prices, how = make_prices(), Strategy(kind=name, options=dict(options or {}))

    def decide(given: pl.DataFrame) -> pl.DataFrame:
        given = given.sort("ticker", "date")
        return build_positions(forecast_past(given), how, horizon=1, market=Market(given))

    positions = decide(prices)
    if not (positions["weight"] != 0).any():
        raise ContractBroken(f"strategy '{name}': holds nothing on any date; expected a position somewhere")
    sessions = prices["date"].unique().sort()
    places = (60, len(sessions) // 2, len(sessions) - 2)
    if leaks := audit(decide, prices, as_of=[sessions[place] for place in places], seed=0):
        raise ContractBroken(f"strategy '{name}': {leaks[0]}")
