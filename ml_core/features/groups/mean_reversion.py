"""How far the price is stretched from where it usually is."""

import polars as pl

from ml_core.features.bar_parts import TINY, close, ratio
from ml_core.features.declaration import feature

level, typical = pl.col("log_close"), pl.col("typical")


@feature("log_close", "level_mean_{window}", "level_spread_{window}", windows=(10, 20, 50, 100), history=0)
def z_score(window: int) -> pl.Expr:
    """Log price less its average, in its own standard deviations: the place between Bollinger's bands."""
    return (level - pl.col(f"level_mean_{window}")) / (pl.col(f"level_spread_{window}") + TINY)


@feature("log_close", "way_{window}", windows=(2, 5, 14, 28, 60), history=0)
def rsi(window: int) -> pl.Expr:
    """Share of the window's movement that was upward, centred on zero."""
    return 0.5 * level.diff(window) / (pl.col(f"way_{window}") + 1e-9)


@feature("level_spread_{window}", windows=(20,), history=0)
def band_width(window: int) -> pl.Expr:
    """Logarithm of the standard deviation of the log price: narrow bands precede moves."""
    return (pl.col(f"level_spread_{window}") + 1e-4).log()


@feature("close", "top_{window}", "bottom_{window}", windows=(5, 14), history=0)
def stochastic(window: int) -> pl.Expr:
    """0 at the lowest low of the window, 1 at the highest high; less one, it is Williams' %R."""
    top, bottom = pl.col(f"top_{window}"), pl.col(f"bottom_{window}")
    return ratio(close - bottom, top - bottom, empty=0.5)


@feature("stochastic_14", history=2)
def stochastic_turn() -> pl.Expr:
    """The stochastic less its average of three sessions."""
    return pl.col("stochastic_14") - pl.col("stochastic_14").rolling_mean(3)


@feature("typical", windows=(20,), spans=2)
def cci(window: int) -> pl.Expr:
    """Typical price over its average less one, per mean size of it in the window, bounded by 5 (after Lambert 1980)."""
    apart = typical / typical.rolling_mean(window) - 1
    return (apart / (apart.abs().rolling_mean(window) + TINY)).clip(-5, 5)


@feature("log_close", "spread_20", windows=(20,), history=2)
def pullback(window: int) -> pl.Expr:
    """Return of the last three sessions against the trend before them, in units of volatility."""
    recent, before = level.diff(3), level.shift(3) - level.shift(3 + window)
    return -recent * before.sign() / (pl.col("spread_20") + TINY)
