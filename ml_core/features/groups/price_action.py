"""The shape of the day's bar, and of the last bars together."""

import polars as pl

from ml_core.features.bar_parts import TINY, close, high, low, opened, ratio
from ml_core.features.declaration import feature


@feature("night")
def overnight() -> pl.Expr:
    """Log move from yesterday's close to today's open."""
    return pl.col("night")


@feature("day")
def intraday() -> pl.Expr:
    """Log move from the open to the close."""
    return pl.col("day")


@feature("night_sum_{window}", windows=(5, 20, 60), history=0)
def overnight_sum(window: int) -> pl.Expr:
    """Sum of the moves between close and open."""
    return pl.col(f"night_sum_{window}")


@feature("log_close", "night_sum_{window}", windows=(5, 20, 60), history=0)
def intraday_sum(window: int) -> pl.Expr:
    """Sum of the moves between open and close."""
    return pl.col("log_close").diff(window) - pl.col(f"night_sum_{window}")


@feature("night", "spread_20")
def gap_shock() -> pl.Expr:
    """The overnight move per unit of the last month's volatility, bounded by 6."""
    return (pl.col("night") / (pl.col("spread_20") + TINY)).clip(-6, 6)


@feature("night", "day")
def gap_kept() -> pl.Expr:
    """-1 for a gap that the day took back, 1 for one that it doubled."""
    night, day = pl.col("night"), pl.col("day")
    return 2 * night * day / (night * night + day * day + 1e-8)


@feature("place_in_bar")
def close_in_bar() -> pl.Expr:
    """-0.5 for a close at the low, 0.5 at the high, 0 in a bar without a range."""
    return pl.col("place_in_bar")


@feature("place_in_bar", windows=(5, 20))
def close_in_bars(window: int) -> pl.Expr:
    """Average place of the close in its bar."""
    return pl.col("place_in_bar").rolling_mean(window)


@feature("open", "high", "low", "close")
def shadows() -> pl.Expr:
    """Upper less lower shadow, per unit of the day's range."""
    return ratio(high + low - opened - close, high - low)


@feature("shadows", windows=(20,))
def shadows_mean(window: int) -> pl.Expr:
    """Average of the upper less the lower shadow."""
    return pl.col("shadows").rolling_mean(window)


@feature("open", "high", "low", "close")
def body() -> pl.Expr:
    """Close less open, per unit of the day's range: 1 and -1 have no shadows."""
    return ratio(close - opened, high - low)


@feature("body", windows=(20,))
def decision(window: int) -> pl.Expr:
    """Average size of the body: many crosses are near 0."""
    return pl.col("body").abs().rolling_mean(window)


@feature("high", "low", "close", history=1)
def place_in_bar_before() -> pl.Expr:
    """Where the close stands in yesterday's bar: 0 at its low, 1 at its high, from -3 to 4."""
    return ratio(close - low.shift(1), (high - low).shift(1), empty=0.5).clip(-3, 4)


@feature("row", "change", history=12)
def streak() -> pl.Expr:
    """Sessions in today's direction without a break, signed, at most 10."""
    sign, row = pl.col("change").sign(), pl.col("row")
    turned = pl.when(sign != sign.shift(1)).then(row).rolling_max(11, min_samples=1)
    return sign * (row - turned + 1).fill_null(10).clip(1, 10)


@feature("high", "low", windows=(20,), history=20)
def higher_bars(window: int) -> pl.Expr:
    """Share of the sessions with a higher high less that of those with a lower low."""
    step = (high > high.shift(1)).cast(pl.Float64) - (low < low.shift(1)).cast(pl.Float64)
    return step.rolling_mean(window)


@feature("high", "low", windows=(20,), history=20)
def inside_bars(window: int) -> pl.Expr:
    """Share of the sessions whose bar lies within the one before."""
    inside = (high <= high.shift(1)) & (low >= low.shift(1))
    return inside.cast(pl.Float64).rolling_mean(window)


@feature("reach", windows=(7,))
def narrowness(window: int) -> pl.Expr:
    """Log of the day's range over the widest of the window: 0 for the widest."""
    reach = pl.col("reach") + 1e-5
    return (reach / reach.rolling_max(window)).log()


@feature("top_{window}", "bottom_{window}", "reach_mean_{window}", windows=(5, 20), history=0)
def overlap(window: int) -> pl.Expr:
    """Log of the whole window's range over its average day's: low where bars lie on top of each other."""
    whole = (pl.col(f"top_{window}") / pl.col(f"bottom_{window}")).log() + 1e-5
    return (whole / (pl.col(f"reach_mean_{window}") + 1e-5)).log()
