"""Recorded splits that the prices show elsewhere, not at all, or twice."""

import math

import polars as pl

from ml_core.data.series import Series, each_series
from ml_core.data.stretches import scale_bars, scale_block
from ml_core.data.verdicts import Found, Scene, check

NEAR = 45  # sessions that a recorded split may lie away from its mark in the prices


@check("scale", "repair")
def split_misplaced(bars: pl.DataFrame, _scene: Scene) -> Found:
    """Bars near a recorded split are on the other side of it; scaled by its ratio."""
    return scale_bars(bars, [row for series in each_series(bars) for row in _misplaced(series)])


@check("scale", "repair")
def split_in_prices(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The prices are as traded, but did not change by this split; it is in them already."""
    rows = [
        (*series.key(at), 1.0)
        for series in each_series(bars.filter((pl.col("basis") == "traded").any().over("ticker")))
        for at, ratio in series.splits()
        if at and series.traded[at] and abs(math.log(ratio)) > 0.1 and series.jumps_by(at, math.log(ratio))
    ]
    return pl.DataFrame(
        rows, schema={"ticker": pl.String, "date": pl.Date, "split": pl.Float64}, orient="row"
    )


@check("scale", "quarantine")
def split_or_dividend(bars: pl.DataFrame, _scene: Scene) -> Found:
    """A split and a dividend of this day explain the same change; which of them is in the price is unclear."""
    rows = [
        series.key(at)
        for series in each_series(bars)
        for at, ratio in series.splits()
        if at
        and abs(math.log(ratio)) > 0.1
        and series.split_is_in_prices(at)
        and series.dividend[at] > 0.05 * series.close[at]
        and abs(series.price_change[at] - math.log(ratio)) < 0.04
    ]
    return pl.DataFrame(rows, schema={"ticker": pl.String, "date": pl.Date}, orient="row")


def _misplaced(series: Series) -> list[tuple]:
    """A jump by a recorded ratio: the shorter stretch to the next such jump, else all before it, is wrong."""
    found = []
    for place, ratio in series.splits():
        size = math.log(ratio)
        if abs(size) < 0.1:
            continue
        low, high = max(1, place - NEAR), min(series.length, place + NEAR)
        jumps = [at for at in range(low, high) if series.jumps_by(at, size) or series.jumps_by(at, -size)]
        # Where prices are as traded, a split without its fall is in them already: see below.
        for_good = series.split_is_in_prices(place)
        found += scale_block(series, jumps, ratio, shares=True, for_good=for_good)
    return found
