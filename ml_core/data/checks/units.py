"""Prices in another unit than the bars after them: pence for pounds, a decimal point elsewhere."""

import math

import numpy as np
import polars as pl

from ml_core.data.series import Series, each_series
from ml_core.data.stretches import scale_bars, scale_block
from ml_core.data.verdicts import Found, Scene, check

UNITS = (10.0, 100.0, 1000.0, 10_000.0)
LATEST = 5  # newest bars whose unit says nothing about the others


@check("scale", "repair")
def wrong_unit(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The prices are 10, 100 or 1000 times what they are after them; scaled back."""
    rows = [row for series in each_series(bars, least=1.8) for row in _off_unit(series)]
    return scale_bars(bars, rows)


def _off_unit(series: Series) -> list[tuple]:
    """Each stretch against the last one, whatever their length; ten times is a unit only where it comes back."""
    tens = [at for at in range(1, series.length) if _unit_of(series.change[at]) == 10]
    found = scale_block(series, tens, 10.0, shares=False, for_good=False)
    power = np.array([_unit_of(change) for change in series.change])
    power = np.where(power > 10, np.sign(series.change) * np.log10(np.maximum(power, 1)), 0.0)
    level = power.cumsum()
    places = np.flatnonzero(power)
    last = level[-1]
    if places.size and series.length - places[-1] < LATEST <= places[-1]:
        last -= power[places[-1]]  # the newest bars are not what the rest is to be measured by
    off = np.flatnonzero(np.abs(level - last) > 0.5)
    return found + [series.scaled(int(at), 10.0 ** (last - level[at]), shares=False) for at in off]


def _unit_of(change: float) -> float:
    """The power of ten that a log change is near to, or 0."""
    near = (unit for unit in UNITS if abs(abs(change) - math.log(unit)) < (0.12 if unit == 10 else 0.25))
    return next(near, 0.0)
