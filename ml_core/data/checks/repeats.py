"""Bars that say nothing new."""

import polars as pl

from ml_core.data.verdicts import Found, Scene, check

CLOSE_ONLY = 15
QUIET = 5
COARSE = 0.05


@check("series", "quarantine")
def stale(_bars: pl.DataFrame, _scene: Scene) -> Found:
    """The bar repeats the one before it, as only a source does that has nothing new."""
    same = _repeats("open", "high", "low", "close")
    moved = (pl.col("high") > pl.col("low")).fill_null(False)
    traded = (pl.col("volume") > 0).fill_null(False)
    # Where prices have few ticks, a whole bar comes again by chance; not with its volume, nor without any.
    again = same & _repeats("volume")
    again = again & _at_least(again, 2)
    idle = (pl.col("volume") == 0).fill_null(False)
    without = same & moved & (again | idle | ~_coarse()) & _at_least(same, 2)
    flat = again & ~moved & traded
    alone = pl.col("high").is_null() & pl.col("volume").is_null()
    return without | flat | (same & alone & _at_least(same, CLOSE_ONLY - 1))


@check("series", "note")
def bar_twice(_bars: pl.DataFrame, _scene: Scene) -> Found:
    """The bar is the one before it, volume included; one alone is kept."""
    moved = ((pl.col("high") > pl.col("low")) & (pl.col("volume") > 0)).fill_null(False)
    same = _repeats("open", "high", "low", "close")
    return moved & same & _repeats("volume") & ~_at_least(same, 2)


def _repeats(*names: str) -> pl.Expr:
    """Whether these columns are what they were a bar before; both missing counts."""
    pairs = [(pl.col(name), pl.col(name).shift().over("ticker")) for name in names]
    first = pl.col("close").shift().over("ticker").is_not_null()
    return first & pl.all_horizontal(now.eq_missing(before) for now, before in pairs)


def _coarse() -> pl.Expr:
    """Whether this ticker's close is often the one before it, although the bar is another."""
    same = _repeats("close") & ~_repeats("open", "high", "low", "close")
    return same.mean().over("ticker") > COARSE


def _at_least(condition: pl.Expr, count: int) -> pl.Expr:
    """Whether the condition holds for a run of so many bars around this one."""
    run = pl.struct("ticker", condition.alias("holds")).rle_id()
    return pl.len().over(run) >= count


@check("series", "note")
def nothing_traded(_bars: pl.DataFrame, _scene: Scene) -> Found:
    """Nothing was traded for several sessions on end."""
    quiet = (pl.col("volume") == 0).fill_null(False)
    run = pl.struct(quiet.alias("q")).rle_id().over("ticker")
    return quiet & (pl.len().over("ticker", run) >= QUIET) & (pl.col("volume") > 0).any().over("ticker")
