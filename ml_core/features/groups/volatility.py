"""How much the price moves, from closes and from the day's range."""

import math

import polars as pl

from ml_core.features.declaration import feature

change = pl.col("close").log().diff()
TINY = 1e-6


@feature("close", windows=(5, 20, 60))
def volatility(window: int) -> pl.Expr:
    """Logarithm of the standard deviation of daily returns."""
    return (change.rolling_std(window) + TINY).log()


@feature("close", history=61)
def volatility_ratio() -> pl.Expr:
    """Volatility of a week against that of a quarter."""
    return ((change.rolling_std(5) + TINY) / (change.rolling_std(60) + TINY)).log()


@feature("high", "low", windows=(10, 20))
def parkinson(window: int) -> pl.Expr:
    """Volatility from the high-low range (Parkinson 1980), in logarithm."""
    squared = (pl.col("high") / pl.col("low")).log().pow(2) / (4 * math.log(2))
    return (squared.rolling_mean(window).sqrt() + TINY).log()


@feature("close", windows=(20,))
def downside_share(window: int) -> pl.Expr:
    """Share of the squared returns that came from falls."""
    fall = change.clip(upper_bound=0).pow(2).rolling_sum(window)
    return fall / (change.pow(2).rolling_sum(window) + 1e-12)
