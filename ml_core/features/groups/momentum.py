"""What the price did over the last sessions, plain and per unit of its own volatility."""

import polars as pl

from ml_core.features.declaration import feature

close = pl.col("close")
change = close.log().diff()


@feature("close", windows=(1, 2, 5, 10, 20, 60))
def momentum(window: int) -> pl.Expr:
    """Log return over the window."""
    return close.log().diff(window)


@feature("close", windows=(20, 60))
def steady_momentum(window: int) -> pl.Expr:
    """Mean daily return of the window over its standard deviation."""
    return change.rolling_mean(window) / (change.rolling_std(window) + 1e-6)


@feature("close", history=250)
def shock() -> pl.Expr:
    """Today's return per unit of the volatility known yesterday, bounded."""
    return (change / (change.ewm_std(span=32, min_samples=20).shift(1) + 1e-6)).clip(-6, 6)


@feature("close", windows=(14,), history=15)
def rsi(window: int) -> pl.Expr:
    """Share of the window's movement that was upward, centred on zero."""
    up = change.clip(lower_bound=0).rolling_sum(window)
    moved = change.abs().rolling_sum(window)
    return up / (moved + 1e-9) - 0.5
