"""The shape of the day's bar."""

import polars as pl

from ml_core.features.declaration import feature

opened, high, low, close = pl.col("open"), pl.col("high"), pl.col("low"), pl.col("close")
span = high - low


@feature("open", "close", history=2)
def overnight() -> pl.Expr:
    """Log move from yesterday's close to today's open."""
    return (opened / close.shift(1)).log()


@feature("open", "close")
def intraday() -> pl.Expr:
    """Log move from the open to the close."""
    return (close / opened).log()


@feature("high", "low", "close")
def close_in_bar() -> pl.Expr:
    """-0.5 for a close at the low, 0.5 at the high."""
    return pl.when(span > 0).then((close - low) / span - 0.5).otherwise(0.0)


@feature("open", "high", "low", "close")
def shadows() -> pl.Expr:
    """Upper less lower shadow, per unit of the day's range."""
    upper = high - pl.max_horizontal(opened, close)
    lower = pl.min_horizontal(opened, close) - low
    return pl.when(span > 0).then((upper - lower) / span).otherwise(0.0)
