"""Makes one book of positions from forecasts, by taking the strategy's steps in their order.

A position is made from its date's forecasts, earlier ones, and prices up to its date.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from ml_core.frames import BACKTEST, POSITIONS, conform
from ml_core.portfolio import sizing
from ml_core.portfolio.backtest import backtest
from ml_core.portfolio.combination import combine, share_as_given, share_by_sharpe
from ml_core.portfolio.correlation import share_alike
from ml_core.portfolio.drawdown import control_drawdown
from ml_core.portfolio.legs import Leg, hold_of, legs_of, size, strategy_kind, turbulent_leg
from ml_core.portfolio.market import Market, need
from ml_core.portfolio.turbulence import tell_turbulence
from ml_core.portfolio.volatility import target_book
from ml_core.spec.strategy import Strategy


def build_positions(
    forecast: pl.DataFrame, strategy: Strategy, *, horizon: int, market: Market | None = None
) -> pl.DataFrame:
    """A weight for every ticker and date; zeros stand there too, so a date without a view closes what was held.
    `horizon` is that of what names none. Without a market, a setting that reads prices is refused."""
    hold = hold_of(strategy, horizon=horizon)
    positions = _share(forecast, strategy, legs_of(strategy, horizon=horizon), hold=hold, market=market)
    if strategy.regimes:
        other = turbulent_leg(strategy, horizon=horizon)
        calm = pl.col("weight") * strategy.turbulent_share
        wild = _book(forecast, other, hold, market) if other else positions.with_columns(calm)
        positions = _switch(positions, wild, strategy, need(market, "turbulent"))
    positions = _limit(positions, forecast, strategy, market)
    if strategy.max_drawdown:
        known = need(market, "max_drawdown")
        account = _account(positions, strategy, hold, known)
        positions = control_drawdown(positions, account, strategy.max_drawdown)
    if strategy.delay:
        positions = sizing.delay(positions, strategy.delay, of=need(market, "delay").prices["date"])
    if market is not None and "member" in market.prices.columns:
        positions = sizing.close_outsiders(positions, market.prices)
    return conform(positions, POSITIONS, "positions").sort("date", "ticker")


def trade(positions: pl.DataFrame, strategy: Strategy, *, hold: int, market: Market) -> pl.DataFrame:
    """BACKTEST of these positions at the strategy's costs and execution, beside the market's benchmark."""
    return backtest(
        positions,
        market.traded,
        cost_bps=strategy.cost_bps,
        execution=strategy.execution,
        hold=hold,
        benchmark=market.benchmark,
    )


def _share(
    forecast: pl.DataFrame, strategy: Strategy, legs: tuple[Leg, ...], *, hold: int, market: Market | None
) -> pl.DataFrame:
    """All legs in one account, by given weights or by what each has earned."""
    books = [_book(forecast, leg, hold, market) for leg in legs]
    if len(books) == 1:
        return books[0]
    dates = pl.concat([book["date"] for book in books]).unique().sort()
    if strategy.combine == "given":
        return combine(books, share_as_given([leg.weight for leg in legs], dates))
    known = need(market, "combine")
    accounts = [_account(book, strategy, leg.horizon, known) for book, leg in zip(books, legs, strict=True)]
    returns = accounts[0].select("date")
    for place, account in enumerate(accounts):
        returns = returns.join(account.select("date", pl.col("net").alias(str(place))), on="date")
    shares = share_by_sharpe(
        returns.sort("date"), dates, shrinkage=strategy.shrinkage, year=known.periods_per_year
    )
    return combine(books, shares)


def _book(forecast: pl.DataFrame, leg: Leg, hold: int, market: Market | None) -> pl.DataFrame:
    """What the leg holds on each date; one that decides more rarely than the account trades keeps what it has."""
    positions = size(forecast, leg, market)
    return positions if leg.horizon == hold else sizing.hold(positions, leg.horizon)


def _account(positions: pl.DataFrame, strategy: Strategy, hold: int, market: Market) -> pl.DataFrame:
    """BACKTEST of these positions alone; empty where no session follows the first."""
    if strategy.delay:
        positions = sizing.delay(positions, strategy.delay, of=market.prices["date"])
    first, last = positions["date"].min(), market.grid.sessions[-1]
    if first is None or np.datetime64(str(first)) >= last:
        return pl.DataFrame(schema=BACKTEST)
    return trade(positions, strategy, hold=hold, market=replace(market, benchmark=None, beside=None))


def _switch(calm: pl.DataFrame, wild: pl.DataFrame, strategy: Strategy, market: Market) -> pl.DataFrame:
    """In the turbulent state the other book; while the state is not known, nothing."""
    told = tell_turbulence(market.prices, since=calm.select(pl.col("date").min()).item())
    both = calm.join(wild, on=["ticker", "date"], how="full", coalesce=True, suffix="_wild")
    turbulent = pl.col("turbulence") > strategy.turbulent_above
    weight = pl.when(turbulent).then("weight_wild").when(~turbulent).then("weight").otherwise(0.0)
    return both.join(told, on="date", how="left").select("ticker", "date", weight=weight.fill_null(0.0))


def _limit(
    positions: pl.DataFrame, forecast: pl.DataFrame, strategy: Strategy, market: Market | None
) -> pl.DataFrame:
    """The book's limits; what was as long as short stays so."""
    if strategy.max_correlation:
        known, sessions = need(market, "max_correlation"), strategy.correlation_sessions
        positions = share_alike(positions, known, most=strategy.max_correlation, sessions=sessions)
    if strategy.yearly_volatility:
        known, sessions = need(market, "yearly_volatility"), strategy.volatility_sessions
        positions = target_book(positions, known, yearly=strategy.yearly_volatility, sessions=sessions)
    positions = sizing.cap_leverage(positions, strategy.leverage)
    if strategy.limit < 1:
        positions = sizing.clip(positions, strategy.limit)
    neutral = all(strategy_kind(forecast, how) == "long_short" for how in strategy.sizings)
    uneven = strategy.limit < 1 or strategy.max_correlation or strategy.yearly_volatility
    if not (neutral and uneven):
        return positions
    if any(how.neutral == "market" for how in strategy.sizings):
        return sizing.balance(positions)
    sectors = need(market, "neutral").sectors(positions["ticker"].unique())
    return sizing.balance(positions.join(sectors, on="ticker", how="left"), by=("sector",)).drop("sector")
