"""Bars that say nothing new."""

import polars as pl

from ml_core.data.verdicts import Found, Scene, check

STALE = 3
CLOSE_ONLY = 15
QUIET = 5


@check("series", "quarantine")
def stale(bars: pl.DataFrame, scene: Scene) -> Found:  # noqa: ARG001
    """The whole bar, volume included, repeats the one before it, again and again."""
    same = pl.all_horizontal(
        (pl.col(name) == pl.col(name).shift()) | (pl.col(name).is_null() & pl.col(name).shift().is_null())
        for name in ("open", "high", "low", "close", "volume")
    ).over("ticker")
    traded = pl.col("volume").fill_null(1) > 0
    full = pl.col("high").is_not_null() & pl.col("volume").is_not_null()
    again = (same & traded).fill_null(False)
    run = pl.struct(again.alias("a")).rle_id().over("ticker")
    length = pl.len().over("ticker", run)
    return again & (length >= pl.when(full).then(STALE - 1).otherwise(CLOSE_ONLY - 1))


@check("series", "note")
def nothing_traded(bars: pl.DataFrame, scene: Scene) -> Found:  # noqa: ARG001
    """Nothing was traded for several sessions on end."""
    quiet = (pl.col("volume") == 0).fill_null(False)
    run = pl.struct(quiet.alias("q")).rle_id().over("ticker")
    return quiet & (pl.len().over("ticker", run) >= QUIET) & (pl.col("volume") > 0).any().over("ticker")
