"""What can be said of a bar by itself."""

import polars as pl

from ml_core.data.quality.usual_moves import tickers_with
from ml_core.data.quality.verdicts import BarContext, Found, check

PRICES = ("open", "high", "low", "close")
ROUNDING = 1e-3
MIDPOINT = 1e-2
WIDE_QUOTES = 5e-2
HABIT = 0.03
YEAR, MONTH = 250, 20
LARGEST = 1e12
WICK = 2.5


@check("row", "quarantine", firm=True)
def not_finite(_bars: pl.DataFrame, _scene: BarContext) -> Found:
    """A price or volume is not a finite number, or of no size that a price has."""
    beyond = pl.any_horizontal(
        (pl.col(name).abs() > LARGEST).fill_null(False) for name in (*PRICES, "volume")
    )
    return beyond | pl.any_horizontal(
        (pl.col(name).abs() < 1 / LARGEST).fill_null(False) & (pl.col(name) != 0) for name in PRICES
    )


@check("row", "repair")
def adjusted_close_unusable(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The adjusted close is of no size that a price has; left out, for nothing is made of it."""
    size = pl.col("adj_close")
    wrong = (size <= 0) | (size > LARGEST) | (size < 1 / LARGEST) | size.is_infinite()
    return bars.filter(wrong.fill_null(False)).select("ticker", "date", adj_close=pl.lit(None, pl.Float64))


@check("row", "quarantine", firm=True)
def action_impossible(_bars: pl.DataFrame, _scene: BarContext) -> Found:
    """A dividend is negative, a split not positive, or one of them not a finite number."""
    dividend, split = pl.col("dividend"), pl.col("split")
    wrong = (dividend < 0) | dividend.is_infinite() | (split <= 0) | split.is_infinite()
    return wrong.fill_null(False)


@check("row", "quarantine", firm=True)
def close_missing(_bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The close is missing."""
    return pl.col("close").is_null()


@check("row", "quarantine", firm=True)
def not_positive(_bars: pl.DataFrame, _scene: BarContext) -> Found:
    """A price is zero or negative."""
    return pl.any_horizontal((pl.col(name) <= 0).fill_null(False) for name in PRICES)


@check("row", "quarantine", firm=True)
def negative_volume(_bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The volume is negative."""
    return (pl.col("volume") < 0).fill_null(False)


@check("row", "quarantine")
def high_below_low(_bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The high is below the low."""
    return (pl.col("high") < pl.col("low") * (1 - ROUNDING)).fill_null(False)


@check("row", "quarantine")
def close_outside_range(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The close lies outside the range from low to high."""
    some = bars.select(_beyond("close", MIDPOINT).any()).item()
    return _close_outside() if some else pl.lit(False)


@check("shape", "note")
def price_missing(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The open, high or low is missing, although this ticker has them elsewhere."""
    missing = [
        pl.col(name).is_null()
        & pl.col(name).is_not_null().cast(pl.Int8).cum_max().over("ticker").cast(pl.Boolean)
        for name in PRICES[:3]
        if 0 < bars[name].null_count() < bars.height
    ]
    return pl.any_horizontal(False, *missing) & pl.col("close").is_not_null()


@check("shape", "repair")
def close_beside_range(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The close lies just outside the range, as a mid-price may; the range is widened to hold it."""
    beside = _beyond("close", ROUNDING)
    return (
        tickers_with(bars, beside)
        .filter(beside & ~_close_outside())
        .select(
            "ticker",
            "date",
            high=pl.max_horizontal("high", "close"),
            low=pl.min_horizontal("low", "close"),
        )
    )


@check("shape", "repair")
def open_outside_range(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The open lies outside the range from low to high; left out."""
    return bars.filter(_beyond("open", ROUNDING)).select(
        "ticker", "date", pl.lit(None, pl.Float64).alias("open")
    )


@check("told", "note")
def spike(_bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The high or low is far beyond the open and close, as on 2010-05-06; kept as it came."""
    high = pl.col("high") > WICK * pl.max_horizontal("open", "close")
    low = pl.col("low") < pl.min_horizontal("open", "close") / WICK
    return (high | low).fill_null(False)


def _close_outside() -> pl.Expr:
    """Where closes have often been beside the range, they are mid-prices of wide quotes, and may be further out."""
    beside = _beyond("close", ROUNDING).cast(pl.Float64)
    often = beside.rolling_mean(YEAR, min_samples=MONTH).over("ticker").fill_null(0.0) > HABIT
    return pl.when(often).then(_beyond("close", WIDE_QUOTES)).otherwise(_beyond("close", MIDPOINT))


def _beyond(name: str, tolerance: float) -> pl.Expr:
    above = pl.col(name) > pl.col("high") * (1 + tolerance)
    below = pl.col(name) < pl.col("low") * (1 - tolerance)
    return above.fill_null(False) | below.fill_null(False)
