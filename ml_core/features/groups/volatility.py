"""How much the price moves, from closes and from the day's range. Logarithms, unless it is a share."""

import math

import polars as pl

from ml_core.features.bar_parts import TINY
from ml_core.features.declaration import feature


def _log_root(variance: pl.Expr) -> pl.Expr:
    return (variance.clip(lower_bound=0).sqrt() + TINY).log()


@feature("spread_{window}", windows=(5, 10, 20, 60, 120), history=0)
def volatility(window: int) -> pl.Expr:
    """Logarithm of the standard deviation of daily returns."""
    return (pl.col(f"spread_{window}") + TINY).log()


@feature("spread_5", "spread_60")
def volatility_ratio() -> pl.Expr:
    """Log volatility of a week less that of a quarter."""
    return ((pl.col("spread_5") + TINY) / (pl.col("spread_60") + TINY)).log()


@feature("squared", windows=(30,), spans=7)
def smooth_volatility(window: int) -> pl.Expr:
    """Log of the root of the exponential average of squared returns (RiskMetrics 1996)."""
    return _log_root(pl.col("squared").ewm_mean(span=window, min_samples=window))


@feature("reach", windows=(10, 20))
def parkinson(window: int) -> pl.Expr:
    """Log volatility from the high-low range (Parkinson 1980)."""
    return _log_root(pl.col("reach").pow(2).rolling_mean(window) / (4 * math.log(2)))


@feature("reach", "day", windows=(20,))
def garman_klass(window: int) -> pl.Expr:
    """Log volatility from range and body (Garman and Klass 1980)."""
    variance = 0.5 * pl.col("reach").pow(2) - (2 * math.log(2) - 1) * pl.col("day").pow(2)
    return _log_root(variance.rolling_mean(window))


@feature("free_variance_mean_{window}", windows=(20,), history=0)
def rogers_satchell(window: int) -> pl.Expr:
    """Log volatility from the bar whatever its drift (Rogers and Satchell 1991)."""
    return _log_root(pl.col(f"free_variance_mean_{window}"))


@feature(
    "night_variance_{window}",
    "day_variance_{window}",
    "free_variance_mean_{window}",
    windows=(20, 60),
    history=0,
)
def yang_zhang(window: int) -> pl.Expr:
    """Log volatility of nights, days and bars together (Yang and Zhang 2000)."""
    weight = 0.34 / (1.34 + (window + 1) / (window - 1))
    night, day = pl.col(f"night_variance_{window}"), pl.col(f"day_variance_{window}")
    return _log_root(night + weight * day + (1 - weight) * pl.col(f"free_variance_mean_{window}"))


@feature("true_range", windows=(1, 5, 22))
def realized_range(window: int) -> pl.Expr:
    """Log of the root mean squared true range of a day, week, month: the parts of a HAR model (Corsi 2009)."""
    return _log_root(pl.col("true_range").pow(2).rolling_mean(window))


@feature("volatility_5", windows=(20, 60))
def volatility_of_volatility(window: int) -> pl.Expr:
    """Standard deviation over the window of the log volatility of a week."""
    return pl.col("volatility_5").rolling_std(window)


@feature("square_mean_{window}", "fall_squared_{window}", windows=(20, 60), history=0)
def downside_share(window: int) -> pl.Expr:
    """Share of the squared returns that came from falls."""
    return pl.col(f"fall_squared_{window}") / (pl.col(f"square_mean_{window}") * window + 1e-12)


@feature("fall_squared_{window}", windows=(20,), history=0)
def downside_volatility(window: int) -> pl.Expr:
    """Log of the root mean squared fall, rises counted as 0."""
    return _log_root(pl.col(f"fall_squared_{window}") / window)


@feature("night_variance_{window}", "day_variance_{window}", windows=(20, 60), history=0)
def night_share(window: int) -> pl.Expr:
    """Share of the variance that came between close and open."""
    night, day = pl.col(f"night_variance_{window}"), pl.col(f"day_variance_{window}")
    return night / (night + day + 1e-12)


@feature("volatility_20", windows=(5, 20))
def volatility_change(window: int) -> pl.Expr:
    """How the log volatility of a month moved over the window."""
    return pl.col("volatility_20").diff(window)


@feature("true_range", windows=(20,))
def range_expansion(window: int) -> pl.Expr:
    """Logarithm of today's true range over its average."""
    today = pl.col("true_range") + 1e-4
    return (today / today.rolling_mean(window)).log()


@feature("reach_mean_{window}", "way_{window}", windows=(20,), history=0)
def range_per_move(window: int) -> pl.Expr:
    """Logarithm of the average range over the average absolute return: how much is taken back within the day."""
    return ((pl.col(f"reach_mean_{window}") + 1e-5) / (pl.col(f"way_{window}") / window + 1e-5)).log()
