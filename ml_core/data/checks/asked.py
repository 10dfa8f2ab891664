"""What the user says of single days in the experiment file."""

import polars as pl

from ml_core.data.quality.verdicts import BarContext, Found, check


@check("asked", "quarantine")
def refused_by_you(bars: pl.DataFrame, scene: BarContext) -> Found:
    """Refused by `data.quality.refuse`."""
    if scene.refused.is_empty():
        return pl.lit(False)
    inside = pl.col("date").is_between("first", "last")
    return bars.select("ticker", "date").join(scene.refused, on="ticker").filter(inside).drop("first", "last")


@check("asked", "repair")
def split_by_you(bars: pl.DataFrame, scene: BarContext) -> Found:
    """A split or spin-off that `data.quality.split` records; the prices before it are taken as traded."""
    named = bars.select("ticker", "date").join(scene.splits, on=["ticker", "date"])
    return named.with_columns(basis=pl.lit("traded"))
