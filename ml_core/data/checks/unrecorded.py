"""Actions that nothing records and the adjusted close knows: it is made by somebody who saw them.

Where the close moves and the adjusted close does not, the move is no return. A fall becomes a dividend, as large as
both say; one of more than half the price a split; a rise a split backwards. An adjusted close that only repeats the one
before, or catches up with the close a session later, was late and knows nothing: so the next bar has to confirm it."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from ml_core.data.quality.usual_moves import SAME, Series, adjusted_step, each_series
from ml_core.data.quality.verdicts import BarContext, Found, check

LEAST = 0.02  # log: what is smaller is not told from how the two are rounded
STILL = 0.5  # of the close's move, at most, that the adjusted close makes too
SPLIT = 0.69  # log: a larger fall is no dividend
STEPPED = (adjusted_step().abs() > LEAST) & pl.col("dividend").is_not_null()


@check("series", "repair")
def dividend_missing(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """Price and adjusted close agree on a dividend that is not recorded; taken."""
    rows = [
        (
            *series.key(at),
            round(float(series.close[at - 1] * -np.expm1(-series.step[at])), 6),
            series.date(at + 1),
        )
        for series in each_series(bars, STEPPED)
        for at in _denied(series)
        if 0 < series.step[at] < SPLIT
    ]
    schema = {"ticker": pl.String, "date": pl.Date, "dividend": pl.Float64, "known": pl.Date}
    return pl.DataFrame(rows, schema=schema, orient="row")


@check("series", "repair")
def split_missing(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The price jumps and the adjusted close does not: a split or spin-off that is not recorded; taken as one."""
    rows = [
        (*series.key(at), float(np.exp(series.step[at])), "traded", series.date(at + 1))
        for series in each_series(bars, STEPPED)
        for at in _denied(series)
        if not 0 < series.step[at] < SPLIT
    ]
    schema = {
        "ticker": pl.String, "date": pl.Date, "split": pl.Float64, "basis": pl.String, "known": pl.Date,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _denied(series: Series) -> Iterator[int]:
    """Sessions with no recorded action on which the adjusted close denies most of the close's move."""
    free = (series.dividend == 0) & (series.split == 1)
    with np.errstate(invalid="ignore"):
        stepped = free & (np.abs(series.step) > LEAST)
        against = series.price_change + series.step  # the return that the adjusted close tells
        large = np.abs(series.price_change) > np.maximum(LEAST, 2 * series.volatility)
        still = np.abs(against) < STILL * np.abs(series.price_change)
        repeated = np.abs(against) < SAME
        later = np.append(series.step[1:], np.nan)
        stays = ~(later * series.step < -STILL * series.step**2) & np.isfinite(later)
    yield from map(int, np.flatnonzero(stepped & large & still & stays & ~repeated))
