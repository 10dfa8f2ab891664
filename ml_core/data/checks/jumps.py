"""Changes of price that nothing recorded explains. A jump is evidence of itself only: the bar is kept, and said."""

import numpy as np
import polars as pl

from ml_core.data.series import Series, each_series, moved
from ml_core.data.verdicts import Found, Scene, check

JUMP = 0.15  # the least log change that is said
RARE = 8.0  # in units of the ticker's own volatility
SHORT = 3  # sessions within which a price that left comes back
SCHEMA = {"ticker": pl.String, "date": pl.Date, "known": pl.Date}


@check("told", "note")
def unexplained_jump(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The price jumps, and nothing recorded says why; kept as it came."""
    rows = [
        (*series.key(int(at)), series.date(int(at)))
        for series in each_series(bars, moved(JUMP))
        for at in _jumps(series)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@check("told", "note")
def comes_back(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The price is elsewhere for a bar or a few, then back, as a bad print or a panic is; kept as it came."""
    rows = [row for series in each_series(bars, moved(JUMP)) for row in _returns(series)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").unique(["ticker", "date"], keep="first")


def _jumps(series: Series) -> np.ndarray:
    return np.flatnonzero(np.abs(series.change) >= np.maximum(JUMP, RARE * series.volatility))


def _returns(series: Series) -> list[tuple]:
    found = []
    for at in _jumps(series):
        whole = series.change[at : at + SHORT + 1].cumsum()
        back = np.flatnonzero(np.abs(whole[1:]) < 0.25 * abs(series.change[at])) + at + 1
        if back.size:
            found += [(*series.key(place), series.date(int(back[0]))) for place in range(at, int(back[0]))]
    return found
