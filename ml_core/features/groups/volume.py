"""How much was traded, against what is usual for the ticker."""

import polars as pl

from ml_core.features.declaration import feature

activity = pl.col("volume").log1p()
change = pl.col("close").log().diff()


@feature("volume", windows=(20, 60))
def volume_surprise(window: int) -> pl.Expr:
    """Logarithm of volume, in standard deviations from its average."""
    return (activity - activity.rolling_mean(window)) / (activity.rolling_std(window) + 1e-3)


@feature("volume", history=61)
def volume_trend() -> pl.Expr:
    """Average volume of a week against that of a quarter."""
    return activity.rolling_mean(5) - activity.rolling_mean(60)


@feature("close", "volume", windows=(20,))
def signed_volume(window: int) -> pl.Expr:
    """Share of the window's volume on rising days less that on falling days."""
    traded = pl.col("volume")
    return (change.sign() * traded).rolling_sum(window) / (traded.rolling_sum(window) + 1)
