"""How much was traded, against what is usual for the ticker, and how the price moved with it."""

import polars as pl

from ml_core.features.bar_parts import correlation, mean_change, ratio, volume
from ml_core.features.declaration import feature

activity, change, traded = pl.col("activity"), pl.col("change"), pl.col("traded")


@feature("activity", "activity_mean_{window}", "activity_spread_{window}", windows=(5, 20, 60), history=0)
def volume_surprise(window: int) -> pl.Expr:
    """Logarithm of volume, in standard deviations from its average."""
    return (activity - pl.col(f"activity_mean_{window}")) / (pl.col(f"activity_spread_{window}") + 1e-3)


@feature("activity_mean_5", "activity_mean_60")
def volume_trend() -> pl.Expr:
    """Average log volume of a week against that of a quarter."""
    return pl.col("activity_mean_5") - pl.col("activity_mean_60")


@feature("activity", history=141)
def volume_shock() -> pl.Expr:
    """Logarithm of volume over its exponential average up to yesterday."""
    return activity - activity.ewm_mean(span=20, min_samples=20).shift(1)


@feature("activity_change", windows=(20,))
def volume_volatility(window: int) -> pl.Expr:
    """Standard deviation of the daily change of log volume."""
    return pl.col("activity_change").rolling_std(window)


@feature("change", "volume", "volume_sum_{window}", windows=(10, 20, 60), history=1)
def signed_volume(window: int) -> pl.Expr:
    """Share of the volume on rising days less that on falling days: the slope of on-balance volume."""
    return (change.sign() * volume).rolling_sum(window) / (pl.col(f"volume_sum_{window}") + 1)


@feature("change", "volume", "volume_sum_{window}", windows=(20,), history=1)
def price_volume_trend(window: int) -> pl.Expr:
    """Average return weighted by volume."""
    return (change * volume).rolling_sum(window) / (pl.col(f"volume_sum_{window}") + 1)


@feature("change", "volume", windows=(13,), spans=7)
def force(window: int) -> pl.Expr:
    """Exponential average of return times volume, per average volume (Elder 1993)."""
    pushed = (change * volume).ewm_mean(span=window, min_samples=window)
    return pushed / (volume.ewm_mean(span=window, min_samples=window) + 1)


@feature("typical", "traded", windows=(20,), history=20)
def money_flow(window: int) -> pl.Expr:
    """Share of the money traded while the typical price rose less that while it fell (money flow index)."""
    signed = (pl.col("typical").diff().sign() * traded).rolling_sum(window)
    return ratio(signed, traded.rolling_sum(window))


@feature("place_in_bar", "volume", "volume_sum_{window}", windows=(5, 20), history=0)
def accumulation(window: int) -> pl.Expr:
    """Average place of the close in its bar, weighted by volume (half of Chaikin's money flow)."""
    return (pl.col("place_in_bar") * volume).rolling_sum(window) / (pl.col(f"volume_sum_{window}") + 1)


@feature("impact", windows=(5, 20), history=99)
def illiquidity(window: int) -> pl.Expr:
    """Log price move per money traded, against its average over 100 sessions (Amihud 2002)."""
    return pl.col("impact").rolling_mean(window) - pl.col("impact").rolling_mean(100)


@feature("log_close", "traded", "volume_sum_{window}", windows=(5, 20, 60), history=0)
def vwap_gap(window: int) -> pl.Expr:
    """Log price less that of the window's volume-weighted typical price; 0 where nothing was traded."""
    paid = ((traded.rolling_sum(window)) / pl.col(f"volume_sum_{window}")).log()
    return (pl.col("log_close") - paid).fill_nan(0.0)


@feature("change", "log_close", "spread_60", "activity_change", "activity")
def volume_agreement() -> pl.Expr:
    """Correlation of returns with changes of log volume over 60 sessions."""
    moved = pl.col("activity_change")
    product = (change * moved).rolling_mean(60)
    volumes = (activity.diff(60) / 60, moved.rolling_std(60))
    return correlation(product, (mean_change(60), pl.col("spread_60")), volumes, window=60)


@feature("size", "way_60", "size_spread_60", "activity", "activity_mean_60", "activity_spread_60")
def volume_excitement() -> pl.Expr:
    """Correlation of absolute returns with log volume over 60 sessions."""
    product = (pl.col("size") * activity).rolling_mean(60)
    volumes = (pl.col("activity_mean_60"), pl.col("activity_spread_60"))
    return correlation(product, (pl.col("way_60") / 60, pl.col("size_spread_60")), volumes, window=60)


@feature("change", "activity_change", windows=(20,))
def quiet_return(window: int) -> pl.Expr:
    """Sum of the returns of the days on which volume fell (negative volume index)."""
    return ((pl.col("activity_change") < 0).cast(pl.Float64) * change).rolling_sum(window)


@feature("volume", "volume_sum_{window}", windows=(20,), history=0)
def busiest_share(window: int) -> pl.Expr:
    """Share of the window's volume that its busiest day had."""
    return ratio(volume.rolling_max(window), pl.col(f"volume_sum_{window}"), empty=1 / window)
