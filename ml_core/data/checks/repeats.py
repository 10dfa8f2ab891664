"""Bars that say nothing new. A price may stand still; what cannot be is a volume that is the same to the last share,
or a range of prices in which nobody traded."""

import polars as pl

from ml_core.data.quality.usual_moves import before, tickers_with
from ml_core.data.quality.verdicts import BarContext, Found, check

CLOSE_ONLY = 15
QUIET = 5
YEAR = 250
# Whosever the bar before is: to look at that costs as much again, and few prices stand still at all.
STILL = pl.all_horizontal(
    pl.col(name).eq_missing(pl.col(name).shift()) for name in ("open", "high", "low", "close")
)


@check("series", "quarantine")
def stale(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The bar repeats the one before it again and again, and its volume says that it is a copy."""
    copy = (pl.col("volume") == pl.col("volume").shift()) | (pl.col("volume") == 0)
    bars = tickers_with(bars, STILL & copy)
    if bars.is_empty():
        return pl.lit(False)
    same = _repeats("open", "high", "low", "close")
    moved = (pl.col("high") > pl.col("low")).fill_null(False)
    copied = same & _repeats("volume") & (pl.col("volume") > 0).fill_null(False)
    idle = same & moved & (pl.col("volume") == 0).fill_null(False) & _traded_lately()
    return _runs(bars, copied | idle, least=2)


@check("told", "note")
def repeats(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The bar repeats the prices of the one before it; kept, for a price may stand still."""
    same = _repeats("open", "high", "low", "close")
    if not bars.select(STILL.any()).item():
        return pl.lit(False)
    moved = (pl.col("high") > pl.col("low")).fill_null(False)
    alone = pl.col("high").is_null() & pl.col("volume").is_null()
    twice = same & moved & _repeats("volume") & (pl.col("volume") > 0).fill_null(False)
    # in one select: what the conditions share is looked up once
    told = bars.select("ticker", "date", still=same & moved, alone=same & alone, twice=twice)
    rows = [
        _runs(told, pl.col("still"), least=2),
        _runs(told, pl.col("alone"), least=CLOSE_ONLY - 1),
        _runs(told, pl.col("twice"), least=1),
    ]
    return pl.concat(rows).unique(["ticker", "date"], keep="first")


@check("told", "note")
def nothing_traded(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """Nothing was traded for several sessions on end."""
    quiet = (pl.col("volume") == 0).fill_null(False)
    bars = tickers_with(bars, quiet)
    return pl.lit(False) if bars.is_empty() else _runs(bars, quiet & _traded_lately(), least=QUIET)


def _repeats(*names: str) -> pl.Expr:
    """Whether these columns are what they were a bar before; both missing counts."""
    pairs = [(pl.col(name), before(name)) for name in names]
    first = before("close").is_not_null()
    return first & pl.all_horizontal(now.eq_missing(then) for now, then in pairs)


def _traded_lately() -> pl.Expr:
    """Whether this ticker has had a volume within a year: a currency never has one, and 0 says nothing of it."""
    traded = (pl.col("volume") > 0).fill_null(False).cast(pl.Int8)
    return traded.rolling_max(YEAR, min_samples=1).over("ticker") > 0


def _runs(bars: pl.DataFrame, condition: pl.Expr, *, least: int) -> pl.DataFrame:
    """Bars of runs of so many that meet the condition; known when the run has become so long."""
    held = bars.with_row_index("place").filter(condition).select("ticker", "date", "place")
    run = pl.struct("ticker", pl.col("place").cast(pl.Int64) - pl.int_range(pl.len())).rle_id()
    grown = held.with_columns(run=run).with_columns(
        known=pl.max_horizontal("date", pl.col("date").get(least - 1, null_on_oob=True).over("run"))
    )
    return grown.filter(pl.len().over("run") >= least).select("ticker", "date", "known")
