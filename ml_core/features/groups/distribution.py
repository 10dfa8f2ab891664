"""The shape of the recent returns: lopsided, heavy-tailed, dependent on each other."""

import math

import polars as pl

from ml_core.features.bar_parts import TINY, correlation, mean_change
from ml_core.features.declaration import feature, part

change, size, squared = pl.col("change"), pl.col("size"), pl.col("squared")


def _moments(window: int) -> tuple[pl.Expr, pl.Expr]:
    return mean_change(window), pl.col(f"spread_{window}")


def _population_spread(window: int) -> pl.Expr:
    return pl.col(f"spread_{window}") * ((window - 1) / window) ** 0.5 + TINY


@part("squared", "change", windows=(20, 60, 120))
def cubed_mean(window: int) -> pl.Expr:
    return (squared * change).rolling_mean(window)


@part("size", windows=(20, 60))
def size_product(window: int) -> pl.Expr:
    """Mean product of an absolute return with that of the day before."""
    return (size * size.shift(1)).rolling_mean(window)


@feature(
    "log_close",
    "spread_{window}",
    "square_mean_{window}",
    "cubed_mean_{window}",
    windows=(20, 60, 120),
    history=0,
)
def skew(window: int) -> pl.Expr:
    """Skewness of daily returns."""
    mean = mean_change(window)
    central = (
        pl.col(f"cubed_mean_{window}") - 3 * mean * pl.col(f"square_mean_{window}") + 2 * mean * mean * mean
    )
    return central / _population_spread(window).pow(3)


@feature(
    "log_close",
    "squared",
    "spread_{window}",
    "square_mean_{window}",
    "cubed_mean_{window}",
    windows=(60, 120),
    history=0,
)
def kurtosis(window: int) -> pl.Expr:
    """Logarithm of the kurtosis of daily returns: 1.1 for a normal distribution."""
    mean, fourth = mean_change(window), (squared * squared).rolling_mean(window)
    central = (
        fourth - 4 * mean * pl.col(f"cubed_mean_{window}") + 6 * mean * mean * pl.col(f"square_mean_{window}")
    )
    return ((central - 3 * mean.pow(4)) / _population_spread(window).pow(4)).clip(lower_bound=1).log()


@feature("change", "log_close", "spread_{window}", windows=(20, 60, 120), history=1)
def autocorrelation(window: int) -> pl.Expr:
    """Correlation of returns with those of the day before."""
    mean, spread = _moments(window)
    product = (change * change.shift(1)).rolling_mean(window)
    return correlation(product, (mean, spread), (mean.shift(1), spread.shift(1)), window=window)


@feature("change", "log_close", "spread_60", history=5)
def weekly_autocorrelation() -> pl.Expr:
    """Correlation of returns with those five sessions before, over 60 sessions."""
    mean, spread = _moments(60)
    product = (change * change.shift(5)).rolling_mean(60)
    return correlation(product, (mean, spread), (mean.shift(5), spread.shift(5)), window=60)


@feature("way_60", "size_spread_60", "size_product_60", history=1)
def clustering() -> pl.Expr:
    """Correlation of absolute returns with those of the day before, over 60 sessions."""
    mean, spread = pl.col("way_60") / 60, pl.col("size_spread_60")
    return correlation(pl.col("size_product_60"), (mean, spread), (mean.shift(1), spread.shift(1)), window=60)


@feature("change", "size", "log_close", "spread_60", "way_60", "size_spread_60", history=1)
def leverage() -> pl.Expr:
    """Correlation of absolute returns with the return of the day before: negative where falls unsettle."""
    product, (mean, spread) = (size * change.shift(1)).rolling_mean(60), _moments(60)
    sizes = (pl.col("way_60") / 60, pl.col("size_spread_60"))
    return correlation(product, sizes, (mean.shift(1), spread.shift(1)), window=60)


@feature("change", "spread_{window}", windows=(20, 60), history=0)
def largest_rise(window: int) -> pl.Expr:
    """The largest daily return in standard deviations."""
    return change.rolling_max(window) / (pl.col(f"spread_{window}") + TINY)


@feature("change", "spread_{window}", windows=(20, 60), history=0)
def largest_fall(window: int) -> pl.Expr:
    """The smallest daily return in standard deviations."""
    return change.rolling_min(window) / (pl.col(f"spread_{window}") + TINY)


@feature("high_gap_{window}", windows=(60,))
def deepest_fall(window: int) -> pl.Expr:
    """The deepest log distance within the window of a close from the high of its own window."""
    return pl.col(f"high_gap_{window}").rolling_min(window)


@feature("change", windows=(10, 60))
def up_share(window: int) -> pl.Expr:
    """Share of the sessions that rose less that of those that fell."""
    return change.sign().rolling_mean(window)


@feature("size", "spread_60", windows=(60,))
def tail_share(window: int) -> pl.Expr:
    """Share of the sessions beyond two of the standard deviations known on their own day."""
    return (size > 2 * pl.col("spread_60")).cast(pl.Float64).rolling_mean(window)


@feature("log_close", "spread_100", windows=(5, 20), history=119)
def variance_ratio(window: int) -> pl.Expr:
    """Log variance of longer returns over that of daily ones, per session: below 0 where moves are taken back."""
    longer = pl.col("log_close").diff(window).rolling_var(100)
    return ((longer + 1e-10) / (pl.col("spread_100").pow(2) + 1e-10) / window).log()


@feature("size_product_{window}", "square_mean_{window}", windows=(20, 60), history=0)
def jump_share(window: int) -> pl.Expr:
    """Share of the variance that came in jumps (Barndorff-Nielsen and Shephard 2004)."""
    smooth = math.pi / 2 * pl.col(f"size_product_{window}")
    return (1 - smooth / (pl.col(f"square_mean_{window}") + 1e-12)).clip(-1, 1)


@feature("highest_{window}", "lowest_{window}", "spread_{window}", windows=(60,), history=0)
def roughness(window: int) -> pl.Expr:
    """Log of the way between lowest and highest close, per volatility and root of time (rescaled range)."""
    way = pl.col(f"highest_{window}") - pl.col(f"lowest_{window}") + TINY
    return (way / (pl.col(f"spread_{window}") * window**0.5 + TINY)).log()
