"""Where the price stands against its own path, and how that path slopes."""

import polars as pl

from ml_core.features.bar_parts import TINY, close, correlation, ratio
from ml_core.features.declaration import feature

level, row = pl.col("log_close"), pl.col("row")


@feature("log_close", "level_mean_{window}", windows=(10, 20, 50, 100), history=0)
def sma_gap(window: int) -> pl.Expr:
    """Log price less its simple average."""
    return level - pl.col(f"level_mean_{window}")


@feature("log_close", history=199)
def sma_gap_200() -> pl.Expr:
    """Log price less its simple average of 200 sessions, from 120 on."""
    return level - level.rolling_mean(200, min_samples=120)


@feature("close", windows=(5, 10, 20, 40), spans=7)
def ema_gap(window: int) -> pl.Expr:
    """Close over its exponential average, minus one."""
    return close / close.ewm_mean(span=window, min_samples=window) - 1


@feature("level_mean_5", "level_mean_20", history=0)
def month_cross() -> pl.Expr:
    """Average log price of a week less that of a month."""
    return pl.col("level_mean_5") - pl.col("level_mean_20")


@feature("level_mean_10", "level_mean_50", history=0)
def quarter_cross() -> pl.Expr:
    """Average log price of two weeks less that of 50 sessions."""
    return pl.col("level_mean_10") - pl.col("level_mean_50")


@feature("level_mean_20", "level_mean_100", history=0)
def half_year_cross() -> pl.Expr:
    """Average log price of a month less that of 100 sessions."""
    return pl.col("level_mean_20") - pl.col("level_mean_100")


@feature("close", history=182)
def macd() -> pl.Expr:
    """Fast less slow exponential average, per unit of price."""
    return (close.ewm_mean(span=12, min_samples=26) - close.ewm_mean(span=26, min_samples=26)) / close


@feature("macd", history=63)
def macd_gap() -> pl.Expr:
    """The MACD less its own exponential average."""
    return pl.col("macd") - pl.col("macd").ewm_mean(span=9, min_samples=9)


@feature("log_close", "lowest_{window}", "highest_{window}", windows=(20, 60), history=0)
def range_position(window: int) -> pl.Expr:
    """0 at the lowest close of the window, 1 at the highest."""
    lowest, highest = pl.col(f"lowest_{window}"), pl.col(f"highest_{window}")
    return ratio(level - lowest, highest - lowest, empty=0.5)


@feature("row", "log_close", "level_mean_{window}", "level_spread_{window}", windows=(20, 50, 100), history=0)
def trend_fit(window: int) -> pl.Expr:
    """Correlation of the log price with time: 1 for a straight rise."""
    product = (row * level).rolling_mean(window)
    time = (row - (window - 1) / 2, pl.lit((window * (window + 1) / 12) ** 0.5))
    price = (pl.col(f"level_mean_{window}"), pl.col(f"level_spread_{window}"))
    return correlation(product, time, price, window=window)


@feature("log_close", "highest_{window}", windows=(20, 60, 250), history=0)
def high_gap(window: int) -> pl.Expr:
    """Log of the close over the highest close of the window; of 250 sessions, from 120 on."""
    return level - pl.col(f"highest_{window}")


@feature("log_close", "lowest_{window}", windows=(60, 250), history=0)
def low_gap(window: int) -> pl.Expr:
    """Log of the close over the lowest close of the window; of 250 sessions, from 120 on."""
    return level - pl.col(f"lowest_{window}")


@feature("sma_gap_20", windows=(60,))
def above_average(window: int) -> pl.Expr:
    """Share of the window's sessions that closed above the average of their own last 20."""
    return (pl.col("sma_gap_20") > 0).cast(pl.Float64).rolling_mean(window)


@feature("log_close", "spread_20", "spread_100")
def trend_strength() -> pl.Expr:
    """Log return of 100 sessions per unit of their volatility, less that of the last 20."""
    long = level.diff(100) / (10 * pl.col("spread_100") + TINY)
    return long - level.diff(20) / (20**0.5 * pl.col("spread_20") + TINY)
