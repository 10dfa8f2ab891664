"""What the price did over the last sessions, plain and per unit of its own volatility."""

import polars as pl

from ml_core.features.bar_parts import TINY, mean_change
from ml_core.features.declaration import feature

level, change = pl.col("log_close"), pl.col("change")


@feature("log_close", windows=(1, 2, 5, 10, 20, 60, 120))
def momentum(window: int) -> pl.Expr:
    """Log return over the window."""
    return level.diff(window)


@feature("log_close", "spread_{window}", windows=(20, 60), history=0)
def steady_momentum(window: int) -> pl.Expr:
    """Mean daily return of the window over its standard deviation."""
    return mean_change(window) / (pl.col(f"spread_{window}") + TINY)


@feature("log_close", windows=(60, 120))
def settled_momentum(window: int) -> pl.Expr:
    """Log return over the window without its last 20 sessions."""
    return level.shift(20) - level.shift(window)


@feature("log_close", windows=(5, 20), spans=2)
def acceleration(window: int) -> pl.Expr:
    """Log return over the window less that of the window before it."""
    return level - 2 * level.shift(window) + level.shift(2 * window)


@feature("change", history=245)
def shock() -> pl.Expr:
    """Today's return per unit of the volatility known yesterday, bounded by 6."""
    return (change / (change.ewm_std(span=32, min_samples=20).shift(1) + TINY)).clip(-6, 6)


@feature("shock", windows=(5,))
def shock_sum(window: int) -> pl.Expr:
    """Sum of the shocks of the window, per root of its length."""
    return pl.col("shock").rolling_sum(window) / window**0.5


@feature("shock", windows=(10, 40), spans=7)
def drift(window: int) -> pl.Expr:
    """Exponential average of the shocks."""
    return pl.col("shock").ewm_mean(span=window, min_samples=window, ignore_nulls=True)
