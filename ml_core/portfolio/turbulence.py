"""Tells for each date whether the market is turbulent, from what was known by then, so that a strategy can switch
with it.

Each calendar year is judged by parameters fitted on the thousand sessions before it, so that what is said of a day
depends neither on later days nor on where the asked span begins.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import numpy as np
import polars as pl

from ml_core.features.regimes import LEAST_SESSIONS, SOURCE, Regimes, filter_turbulence, fit_regimes
from ml_core.features.table import build_features

FITTED = 1000


def tell_turbulence(prices: pl.DataFrame, *, since: dt.date) -> pl.DataFrame:
    """P(turbulent) at each session's close; null in a year that too few sessions precede."""
    market = market_returns(prices)
    day_T, return_T = market["date"].to_numpy(), market["return"].to_numpy()
    last = market["date"].max()
    parts = [pl.DataFrame(schema={"date": pl.Date, "turbulence": pl.Float64})]
    for year in range(since.year, last.year + 1 if isinstance(last, dt.date) else 0):
        first, end = np.searchsorted(day_T, [np.datetime64(f"{one}-01-01") for one in (year, year + 1)])
        told_T = _tell(return_T[max(0, first - FITTED) : first], return_T[first:end])
        parts.append(
            market[int(first) : int(end)].select("date", turbulence=pl.Series(told_T, dtype=pl.Float64))
        )
    return pl.concat(parts).filter(pl.col("date") >= since).with_columns(pl.col("turbulence").fill_nan(None))


def market_returns(prices: pl.DataFrame) -> pl.DataFrame:
    """(date, return): the tickers' average log return, as the regime features read it."""
    told = build_features(prices, (SOURCE,)).table.select("date", pl.col(SOURCE).cast(pl.Float64))
    known = told.group_by("date").agg(pl.col(SOURCE).drop_nulls().drop_nans().first())
    return known.sort("date").select("date", pl.col(SOURCE).fill_null(float("nan")).alias("return"))


def _tell(past_T: np.ndarray, return_T: np.ndarray) -> np.ndarray:
    if np.isfinite(past_T).sum() < LEAST_SESSIONS:
        return np.full(len(return_T), np.nan)
    regimes = _fit(past_T.tobytes())
    return filter_turbulence(regimes, np.concatenate([past_T, return_T]))[len(past_T) :]


@lru_cache(maxsize=64)
def _fit(past: bytes) -> Regimes:
    """A strategy, its baselines and its trials ask for the same years."""
    return fit_regimes(np.frombuffer(past))
