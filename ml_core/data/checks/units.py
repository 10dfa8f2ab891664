"""Prices in another unit for a while: pence for pounds, a decimal point elsewhere.

Evidence beside the jump: the price returns to its level, does nothing unusual in between, and the number of shares
traded never changed. A price that jumps by a unit and stays there is kept, and said."""

import math

import numpy as np
import polars as pl

from ml_core.data.quality.usual_moves import Series, each_series, moved
from ml_core.data.quality.verdicts import BarContext, Found, check

UNITS = (10.0, 100.0, 1000.0, 10_000.0)
LONGEST = 250  # sessions after which a return is no return any more
STEADY = 3.0  # times the usual volume, at most, and as little at least
SCHEMA = {"ticker": pl.String, "date": pl.Date, "scale": pl.Float64, "level": pl.Float64, "known": pl.Date}
MANY = 0.05  # of a ticker's bars, and more than FEW: then it is not one series in two units
FEW = 3


@check("scale", "repair")
def wrong_unit(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The prices are 10, 100 or 1000 times those around them, and return on the same volume; scaled back."""
    rows = [row for series in each_series(bars, moved(1.8)) for row in _off_unit(series)]
    scales = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return bars.join(scales, on=["ticker", "date"]).select(
        "ticker", "date", "known", *(_nearer(name) for name in ("open", "high", "low", "adj_close")),
        close=pl.col("close") * pl.col("scale"),
    )  # fmt: skip


@check("shape", "quarantine")
def unit_unclear(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """More than 5 % of this ticker's bars are in another unit: two series under one name; all of them refused."""
    rows = []
    for series in each_series(bars, moved(1.8)):
        if len(_off_unit(series)) > max(FEW, MANY * series.length):
            rows.append((series.key(0)[0], series.date(series.length - 1)))
    whole = pl.DataFrame(rows, schema={"ticker": pl.String, "known": pl.Date}, orient="row")
    return bars.select("ticker", "date").join(whole, on="ticker")


def _off_unit(series: Series) -> list[tuple]:
    rows, free = [], 0
    for at in np.flatnonzero(np.abs(series.change) > 1.8):
        back = _returns(series, int(at)) if at >= max(free, 1) else None
        if back is None:
            continue
        scale = 1 / _unit_of(series.change[at])
        level, known = series.close[at - 1], series.date(back)
        rows += [(*series.key(place), scale, level, known) for place in range(at, back)]
        free = back + 1
    return rows


def _returns(series: Series, at: int) -> int | None:
    """Where the stretch that begins here ends, if it is one in another unit."""
    unit = _unit_of(series.change[at])
    if not unit:
        return None
    for back in np.flatnonzero(np.abs(series.change[at + 1 : at + 1 + LONGEST]) > 1.8) + at + 1:
        near = max(0.1, 4 * series.volatility[at] * math.sqrt(back - at + 1))
        same = abs(series.change[at : back + 1].sum()) < min(near, 0.5)
        if same and _unit_of(series.change[back]) == 1 / unit:
            return int(back) if _calm(series, at, int(back)) and _steady(series, at, int(back)) else None
    return None


def _calm(series: Series, at: int, back: int) -> bool:
    inside = np.abs(series.change[at + 1 : back])
    return bool(np.all(inside < max(0.2, 8 * series.volatility[at])))


def _steady(series: Series, at: int, back: int) -> bool:
    """Whether as many shares were traded as before. Where no volume is known, a hundredfold tells alone: no market
    loses 99 % and gains all of it back."""
    traded, before = series.volume[at:back], series.usual_volume[at]
    if not np.isfinite(traded).any() or not np.isfinite(before):
        return abs(series.change[at]) > math.log(50)
    times = float(np.nanmedian(traded)) / before
    return 1 / STEADY < times < STEADY


def _unit_of(change: float) -> float:
    """The power of ten by which the price is multiplied, or 0."""
    near = (unit for unit in UNITS if abs(abs(change) - math.log(unit)) < (0.12 if unit == 10 else 0.25))
    unit = next(near, 0.0)
    return 1 / unit if unit and change < 0 else unit


def _nearer(name: str) -> pl.Expr:
    """The price, or the scaled one where that is nearer to the close before: a day's open may be in the right unit."""
    given, scaled = pl.col(name), pl.col(name) * pl.col("scale")
    off = ((given / pl.col("level")).log().abs() > (scaled / pl.col("level")).log().abs()).fill_null(False)
    return pl.when(off).then(scaled).otherwise(given).alias(name)
