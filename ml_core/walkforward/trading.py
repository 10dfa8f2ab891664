"""Trades forecasts as the experiment's strategy says, on its prices and beside its benchmark."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ml_core.portfolio import strategies
from ml_core.portfolio.attribution import ReturnAttribution, attribute_strategy
from ml_core.portfolio.comparison import Comparison, compare
from ml_core.portfolio.legs import hold_of, legs_of, turbulent_leg
from ml_core.portfolio.opening import horizon_of, market_of
from ml_core.spec.experiment import Experiment


def weigh(
    experiment: Experiment,
    prices: pl.DataFrame,
    forecasts: pl.DataFrame,
    *,
    benchmark: pl.DataFrame | None = None,
    trials: int = 1,
) -> dict[str, Comparison]:
    """For each split, what the experiment's strategy earns from these forecasts, beside accounts that need none."""
    market = market_of(experiment, prices, benchmark)
    return {
        name: compare(part, experiment.strategy, market, horizon=horizon_of(experiment), trials=trials)
        for (name,), part in sorted(
            forecasts.partition_by("split", as_dict=True).items(),
            key=lambda one: (one[0] == ("holdout",), one[0]),
        )
    }


def split_money(
    experiment: Experiment,
    prices: pl.DataFrame,
    money: Mapping[str, Comparison],
    *,
    benchmark: pl.DataFrame | None = None,
) -> dict[str, ReturnAttribution]:
    """For each split that `weigh` found, where the money of the strategy's account came from."""
    market = market_of(experiment, prices, benchmark)
    hold = hold_of(experiment.strategy, horizon=horizon_of(experiment))
    return {name: attribute_strategy(one, market, hold=hold) for name, one in money.items()}


def decide(experiment: Experiment, prices: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """POSITIONS of the experiment's strategy on these forecasts."""
    market, horizon = market_of(experiment, prices), horizon_of(experiment)
    return strategies.build_positions(forecasts, experiment.strategy, horizon=horizon, market=market)


def trade(experiment: Experiment, prices: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """BACKTEST of these positions."""
    hold = hold_of(experiment.strategy, horizon=horizon_of(experiment))
    positions, market = decide(experiment, prices, forecasts), market_of(experiment, prices)
    return strategies.trade(positions, experiment.strategy, hold=hold, market=market)


def longest_traded(experiment: Experiment) -> int:
    """The longest horizon for which the strategy holds anything: so far its returns overlap."""
    own, strategy = horizon_of(experiment), experiment.strategy
    other = turbulent_leg(strategy, horizon=own)
    return max(leg.horizon for leg in (*legs_of(strategy, horizon=own), *((other,) if other else ())))
