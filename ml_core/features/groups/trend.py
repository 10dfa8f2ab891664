"""Where the price stands against its own recent path."""

import polars as pl

from ml_core.features.declaration import feature

close = pl.col("close")


@feature("close", windows=(10, 20, 50, 100))
def sma_gap(window: int) -> pl.Expr:
    """Close over its simple average, minus one."""
    return close / close.rolling_mean(window) - 1


@feature("close", windows=(5, 10, 20, 40), history=300)
def ema_gap(window: int) -> pl.Expr:
    """Close over its exponential average, minus one."""
    return close / close.ewm_mean(span=window, min_samples=window) - 1


@feature("close", history=200)
def macd() -> pl.Expr:
    """Fast less slow exponential average, per unit of price."""
    return (close.ewm_mean(span=12, min_samples=26) - close.ewm_mean(span=26, min_samples=26)) / close


@feature("close", windows=(20, 60))
def range_position(window: int) -> pl.Expr:
    """0 at the lowest close of the window, 1 at the highest."""
    low, high = close.rolling_min(window), close.rolling_max(window)
    return pl.when(high > low).then((close - low) / (high - low)).otherwise(0.5)
