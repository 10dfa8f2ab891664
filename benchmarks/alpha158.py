"""qlib's Alpha158 as declarations of this project, without the 15 that ask for the place of an extreme.

The names and formulas are those of qlib.contrib.data.loader.Alpha158DL; see benchmarks/features.py.
"""

from collections.abc import Callable

import polars as pl

from ml_core.features.declaration import Feature

WINDOWS = (5, 10, 20, 30, 60)
LEFT_OUT = ("IMAX", "IMIN", "IMXD")
opened, high, low, close, volume = (pl.col(name) for name in ("open", "high", "low", "close", "volume"))
span, top, bottom = high - low + 1e-12, pl.max_horizontal(opened, close), pl.min_horizontal(opened, close)
BARS = {
    "KMID": (close - opened) / opened,
    "KLEN": (high - low) / opened,
    "KMID2": (close - opened) / span,
    "KUP": (high - top) / opened,
    "KUP2": (high - top) / span,
    "KLOW": (bottom - low) / opened,
    "KLOW2": (bottom - low) / span,
    "KSFT": (2 * close - high - low) / opened,
    "KSFT2": (2 * close - high - low) / span,
    "OPEN0": opened / close,
    "HIGH0": high / close,
    "LOW0": low / close,
    "VWAP0": (high + low + close) / 3 / close,
}
change, moved = pl.col("change_of_close"), pl.col("change_of_volume")
MADE = {
    "row_of": pl.int_range(pl.len()).cast(pl.Float64),
    "change_of_close": close.diff(),
    "change_of_volume": volume.diff(),
    "up": close.diff().clip(lower_bound=0),
    "volume_up": volume.diff().clip(lower_bound=0),
    "rises": (close > close.shift(1)).cast(pl.Float64),
    "falls": (close < close.shift(1)).cast(pl.Float64),
    "gross": close / close.shift(1),
    "log_volume": (volume + 1).log(),
    "log_volume_ratio": (volume / volume.shift(1) + 1).log(),
    "weight": (close / close.shift(1) - 1).abs() * volume,
}


def _col(name: str, window: int) -> pl.Expr:
    return pl.col(f"{name}_{window}")


def _slope(window: int) -> pl.Expr:
    return _with_time(window) * 12 / (window * window - 1)


def _with_time(window: int) -> pl.Expr:
    """Covariance of the close with the number of the session."""
    return _col("time_product", window) - (pl.col("row_of") - (window - 1) / 2) * _col("close_mean", window)


def _correlation(one: str, other: str, window: int) -> pl.Expr:
    """From rolled means and deviations, which other alphas use too: half the time of rolling_corr."""
    product = (pl.col(one) * pl.col(other)).rolling_mean(window)
    together = (product - _col(f"{one}_mean", window) * _col(f"{other}_mean", window)) * (
        window / (window - 1)
    )
    return together / (_col(f"{one}_std", window) * _col(f"{other}_std", window))


def _rank(window: int) -> pl.Expr:
    """How many of the window lie below, equal ones for a half; rolling_rank is slower up to 40 sessions."""
    if window > 40:
        return close.rolling_rank(window, method="average") / window
    signs = pl.sum_horizontal(*(close.diff(ago).sign() for ago in range(1, window)), ignore_nulls=False)
    return ((window + 1) / 2 + signs / 2) / window


ROLLED: dict[str, Callable[[int], pl.Expr]] = {
    "close_mean": lambda window: close.rolling_mean(window),
    "close_std": lambda window: close.rolling_std(window),
    "highest": lambda window: high.rolling_max(window),
    "lowest": lambda window: low.rolling_min(window),
    "path": lambda window: change.abs().rolling_sum(window),
    "rise": lambda window: pl.col("up").rolling_sum(window),
    "volume_path": lambda window: moved.abs().rolling_sum(window),
    "volume_rise": lambda window: pl.col("volume_up").rolling_sum(window),
    "rose": lambda window: pl.col("rises").rolling_mean(window),
    "fell": lambda window: pl.col("falls").rolling_mean(window),
    "time_product": lambda window: (pl.col("row_of") * close).rolling_mean(window),
}
for _name in ("log_volume", "gross", "log_volume_ratio"):
    ROLLED[f"{_name}_mean"] = lambda window, name=_name: pl.col(name).rolling_mean(window)
    ROLLED[f"{_name}_std"] = lambda window, name=_name: pl.col(name).rolling_std(window)
ALPHA: dict[str, Callable[[int], pl.Expr]] = {
    "ROC": lambda window: close.shift(window) / close,
    "MA": lambda window: _col("close_mean", window) / close,
    "STD": lambda window: _col("close_std", window) / close,
    "BETA": lambda window: _slope(window) / close,
    "RSQR": lambda window: (
        _with_time(window).pow(2)
        * (12 * window / (window * window - 1) / (window - 1))
        / _col("close_std", window).pow(2)
    ),
    "RESI": lambda window: (close - _col("close_mean", window) - _slope(window) * (window - 1) / 2) / close,
    "MAX": lambda window: _col("highest", window) / close,
    "MIN": lambda window: _col("lowest", window) / close,
    "QTLU": lambda window: close.rolling_quantile(0.8, "linear", window) / close,
    "QTLD": lambda window: close.rolling_quantile(0.2, "linear", window) / close,
    "RANK": _rank,
    "RSV": lambda window: (
        (close - _col("lowest", window)) / (_col("highest", window) - _col("lowest", window) + 1e-12)
    ),
    "CORR": lambda window: _correlation("close", "log_volume", window),
    "CORD": lambda window: _correlation("gross", "log_volume_ratio", window),
    "CNTP": lambda window: _col("rose", window),
    "CNTN": lambda window: _col("fell", window),
    "CNTD": lambda window: _col("rose", window) - _col("fell", window),
    "SUMP": lambda window: _col("rise", window) / (_col("path", window) + 1e-12),
    "SUMN": lambda window: 1 - _col("rise", window) / (_col("path", window) + 1e-12),
    "SUMD": lambda window: 2 * _col("rise", window) / (_col("path", window) + 1e-12) - 1,
    "VMA": lambda window: volume.rolling_mean(window) / (volume + 1e-12),
    "VSTD": lambda window: volume.rolling_std(window) / (volume + 1e-12),
    "WVMA": lambda window: (
        pl.col("weight").rolling_std(window) / (pl.col("weight").rolling_mean(window) + 1e-12)
    ),
    "VSUMP": lambda window: _col("volume_rise", window) / (_col("volume_path", window) + 1e-12),
    "VSUMN": lambda window: 1 - _col("volume_rise", window) / (_col("volume_path", window) + 1e-12),
    "VSUMD": lambda window: 2 * _col("volume_rise", window) / (_col("volume_path", window) + 1e-12) - 1,
}


def declare_alphas() -> dict[str, Feature]:
    """Parts and features in the order in which they may be computed; each needs what was declared before it."""
    bars = ("open", "high", "low", "close", "volume")

    def one(name: str, build: Callable[[], pl.Expr], needs: tuple[str, ...], *, part: bool) -> Feature:
        return Feature(name, 60, needs, "ticker", build, part=part)

    made = {name: one(name, lambda value=value: value, bars, part=True) for name, value in MADE.items()}
    rolled = {
        f"{name}_{window}": one(
            f"{name}_{window}", lambda build=build, window=window: build(window), tuple(made), part=True
        )
        for name, build in ROLLED.items()
        for window in WINDOWS
    }
    single = {name: one(name, lambda value=value: value, bars, part=False) for name, value in BARS.items()}
    windowed = {
        f"{name}{window}": one(
            f"{name}{window}", lambda build=build, window=window: build(window), (*made, *rolled), part=False
        )
        for name, build in ALPHA.items()
        for window in WINDOWS
    }
    return made | rolled | single | windowed
