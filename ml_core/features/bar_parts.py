"""What features are made of: a ticker's bars as changes, ranges and activity, and their sums over windows.

A part is computed once for all features of a ticker that need it. A sum of returns is a difference of log prices.
"""

import polars as pl

from ml_core.features.declaration import part

opened, high, low, close, volume = (pl.col(name) for name in ("open", "high", "low", "close", "volume"))
TINY = 1e-6


@part()
def row() -> pl.Expr:
    return pl.int_range(pl.len()).cast(pl.Float64)


@part("close")
def log_close() -> pl.Expr:
    return close.log()


@part("log_close", history=1)
def change() -> pl.Expr:
    """The log return of the session."""
    return pl.col("log_close").diff()


@part("change")
def size() -> pl.Expr:
    return pl.col("change").abs()


@part("change")
def squared() -> pl.Expr:
    return pl.col("change") * pl.col("change")


@part("change", windows=(5, 10, 20, 60, 100, 120))
def spread(window: int) -> pl.Expr:
    """Standard deviation of daily returns."""
    return pl.col("change").rolling_std(window)


@part("size", windows=(2, 5, 14, 20, 28, 60))
def way(window: int) -> pl.Expr:
    """Sum of absolute returns."""
    return pl.col("size").rolling_sum(window)


@part("log_close", "spread_{window}", windows=(20, 60, 120), history=0)
def square_mean(window: int) -> pl.Expr:
    """Average squared return, from mean and spread."""
    return mean_change(window).pow(2) + pl.col(f"spread_{window}").pow(2) * ((window - 1) / window)


@part("square_mean_{window}", "way_{window}", windows=(60,), history=0)
def size_spread(window: int) -> pl.Expr:
    """Standard deviation of absolute returns."""
    variance = pl.col(f"square_mean_{window}") - (pl.col(f"way_{window}") / window).pow(2)
    return (variance.clip(lower_bound=0) * (window / (window - 1))).sqrt()


@part("change", windows=(20, 60))
def fall_squared(window: int) -> pl.Expr:
    """Sum of the squares of falls."""
    return pl.col("change").clip(upper_bound=0).pow(2).rolling_sum(window)


@part("log_close", windows=(5, 10, 20, 50, 100))
def level_mean(window: int) -> pl.Expr:
    return pl.col("log_close").rolling_mean(window)


@part("log_close", windows=(10, 20, 50, 100))
def level_spread(window: int) -> pl.Expr:
    return pl.col("log_close").rolling_std(window)


@part("log_close", windows=(20, 60, 250))
def highest(window: int) -> pl.Expr:
    """Highest log close; of the longest window from 120 sessions on."""
    return pl.col("log_close").rolling_max(window, min_samples=min(window, 120))


@part("log_close", windows=(20, 60, 250))
def lowest(window: int) -> pl.Expr:
    """Lowest log close; of the longest window from 120 sessions on."""
    return pl.col("log_close").rolling_min(window, min_samples=min(window, 120))


@part("open", "close", history=1)
def night() -> pl.Expr:
    """The log move from yesterday's close to the open."""
    return (opened / close.shift(1)).log()


@part("open", "close")
def day() -> pl.Expr:
    """The log move from the open to the close."""
    return (close / opened).log()


@part("night", windows=(5, 20, 60))
def night_sum(window: int) -> pl.Expr:
    return pl.col("night").rolling_sum(window)


@part("night", windows=(20, 60))
def night_variance(window: int) -> pl.Expr:
    return pl.col("night").rolling_var(window)


@part("day", windows=(20, 60))
def day_variance(window: int) -> pl.Expr:
    return pl.col("day").rolling_var(window)


@part("high", "low")
def reach() -> pl.Expr:
    """The log of high over low."""
    return (high / low).log()


@part("reach", windows=(5, 20))
def reach_mean(window: int) -> pl.Expr:
    return pl.col("reach").rolling_mean(window)


@part("open", "high", "low", "close")
def free_variance() -> pl.Expr:
    """A day's variance whatever its drift (Rogers and Satchell 1991)."""
    top, bottom, body = (high / close).log(), (low / close).log(), (close / opened).log()
    return top * (top + body) + bottom * (bottom + body)


@part("free_variance", windows=(20, 60))
def free_variance_mean(window: int) -> pl.Expr:
    return pl.col("free_variance").rolling_mean(window)


@part("high", "low", "close", history=1)
def true_range() -> pl.Expr:
    """The day's range and the gap before it, as a share of yesterday's close."""
    before = close.shift(1)
    return (pl.max_horizontal(high, before) - pl.min_horizontal(low, before)) / before


@part("high", "low", "close")
def place_in_bar() -> pl.Expr:
    """-0.5 for a close at the low, 0.5 at the high."""
    return ratio(close - low, high - low, empty=0.5) - 0.5


@part("high", windows=(5, 14, 20))
def top(window: int) -> pl.Expr:
    return high.rolling_max(window)


@part("low", windows=(5, 14, 20))
def bottom(window: int) -> pl.Expr:
    return low.rolling_min(window)


@part("volume")
def activity() -> pl.Expr:
    return volume.log1p()


@part("activity", windows=(5, 20, 60))
def activity_mean(window: int) -> pl.Expr:
    return pl.col("activity").rolling_mean(window)


@part("activity", windows=(5, 20, 60))
def activity_spread(window: int) -> pl.Expr:
    return pl.col("activity").rolling_std(window)


@part("activity", history=1)
def activity_change() -> pl.Expr:
    return pl.col("activity").diff()


@part("volume", windows=(5, 10, 20, 60))
def volume_sum(window: int) -> pl.Expr:
    return volume.rolling_sum(window)


@part("high", "low", "close")
def typical() -> pl.Expr:
    return (high + low + close) / 3


@part("typical", "volume")
def traded() -> pl.Expr:
    """What changed hands, in money."""
    return pl.col("typical") * volume


@part("size", "close", "volume")
def impact() -> pl.Expr:
    """The log of how far the price moved per money traded (Amihud 2002); its level has a unit, its changes none."""
    return (pl.col("size") + 1e-4).log() - (close * (volume + 1)).log()


def ratio(one: pl.Expr, whole: pl.Expr, *, empty: float = 0.0) -> pl.Expr:
    """One over the other; `empty` where both are zero."""
    return (one / whole).fill_nan(empty)


def mean_change(window: int) -> pl.Expr:
    """Average daily return."""
    return pl.col("log_close").diff(window) / window


def correlation(
    product: pl.Expr, one: tuple[pl.Expr, pl.Expr], other: tuple[pl.Expr, pl.Expr], *, window: int
) -> pl.Expr:
    """From the mean product of two columns and the mean and spread of each; 0 where one does not move."""
    covariance = (product - one[0] * other[0]) * (window / (window - 1))
    return (covariance / (one[1] * other[1] + 1e-12)).clip(-1, 1)
