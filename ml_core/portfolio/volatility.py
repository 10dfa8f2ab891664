"""Scales positions to a stated risk by the volatility that was realised up to each date. A name whose risk is not
known yet has no position."""

import numpy as np
import polars as pl

from ml_core.frames import Array
from ml_core.portfolio.grid import codes, total
from ml_core.portfolio.market import Market


def target_each(units: pl.DataFrame, market: Market, *, daily: float, sessions: int) -> pl.DataFrame:
    """Each `unit` times the daily target over the ticker's realised volatility, kept within -1 and 1."""
    volatility = market.volatility(sessions)
    wanted = daily * market.days**0.5
    scaled = (pl.col("unit") * wanted / pl.col("volatility")).clip(-1.0, 1.0)
    return (
        units.join(volatility, on=["ticker", "date"], how="left", maintain_order="left")
        .with_columns(unit=pl.when(pl.col("volatility") > 0).then(scaled).otherwise(0.0))
        .drop("volatility")
    )


def target_book(positions: pl.DataFrame, market: Market, *, yearly: float, sessions: int) -> pl.DataFrame:
    """Each date's weights times one number, so that over the last so many sessions they would have had the yearly
    volatility: how names move together counts. A name that is younger than that has no position."""
    wanted = yearly / market.periods_per_year**0.5

    def scale(weight_K: Array, return_WK: Array) -> Array:
        known_K = np.isfinite(return_WK).all(axis=0)
        weight_K = np.where(known_K, weight_K, 0.0)
        past = total(np.where(known_K, return_WK, 0.0) * weight_K).std(ddof=1)
        return weight_K * wanted / past if past > 1e-12 else np.zeros_like(weight_K)

    return by_date(positions, market, scale, sessions=sessions)


def by_date(positions: pl.DataFrame, market: Market, change, *, sessions: int) -> pl.DataFrame:
    """New weights date by date: `change` is given those held, K of them in the order of tickers, and their returns of
    the last W sessions; a date with fewer before it gets NaN for what is missing."""
    grid, return_TN = market.grid, market.return_TN
    table = positions.sort("date", "ticker")
    place = np.searchsorted(grid.sessions, table["date"].to_numpy(), side="right") - 1
    column = codes(table["ticker"], grid.tickers)
    weight = table["weight"].to_numpy().copy()
    held = np.flatnonzero(weight)
    for rows in np.split(held, np.flatnonzero(np.diff(place[held])) + 1) if len(held) else ():
        last = place[rows[0]]
        past_WK = np.full((sessions, len(rows)), np.nan)
        known_WK = return_TN[max(0, last + 1 - sessions) : last + 1, column[rows]]
        past_WK[sessions - len(known_WK) :] = known_WK
        weight[rows] = change(weight[rows], past_WK)
    return table.with_columns(weight=pl.Series(weight))
