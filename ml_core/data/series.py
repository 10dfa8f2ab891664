"""Bars in, one ticker at a time out, as arrays: what checks of a whole series look at."""

import datetime as dt
import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

SPAN = 60
LEAST_VOLATILITY = 0.004
LARGE = 1.9
SAME = 1e-6  # relative: less is how numbers are stored
FEW = 60  # closes that show the least step


class Series:
    """One ticker's bars in order. `change` is the log change of the close without recorded splits; where a
    recorded dividend makes it smaller, without that too."""

    def __init__(self, bars: pl.DataFrame) -> None:
        self.bars = bars
        self.length = bars.height
        self.close = bars["close"].to_numpy()
        self.volume = _numbers(bars["volume"])
        self.split = _numbers(bars["split"], absent=1.0)
        self.dividend = _numbers(bars["dividend"], absent=0.0)
        self.adjusted = _numbers(bars["adj_close"])
        self.traded = (bars["basis"] == "traded").to_numpy()
        step = np.log(self.close)
        self.price_change = np.diff(step, prepend=step[:1]) + np.where(self.traded, np.log(self.split), 0.0)
        whole = self.price_change + np.log1p(np.maximum(self.dividend, 0.0) / self.close)
        self.change = np.where(np.abs(whole) < np.abs(self.price_change), whole, self.price_change)

    @cached_property
    def volatility(self) -> np.ndarray:
        """The usual size of a change, by the median around each session: a jump does not raise it."""
        sizes = pl.Series(np.abs(self.change))
        usual = sizes.rolling_median(SPAN, min_samples=1, center=True) * 1.4826
        return np.maximum(np.maximum(usual.to_numpy(), LEAST_VOLATILITY), self.tick / self.close)

    @cached_property
    def tick(self) -> float:
        """The least that a close ever changed by: a cheap share moves by percents at a time."""
        steps = np.abs(np.diff(self.close))
        return (
            float(steps.min(initial=np.inf, where=steps > SAME * self.close[1:]))
            if self.length > FEW
            else 0.0
        )

    def key(self, at: int) -> tuple[str, dt.date]:
        return self.bars["ticker"][at], self.bars["date"][at]

    def splits(self) -> Iterator[tuple[int, float]]:
        """Recorded splits, with the place of each."""
        for at in np.flatnonzero(self.split != 1.0):
            yield int(at), float(self.split[at])

    def payments(self) -> list[int]:
        """The places of the dividends that have a session before them."""
        return [int(at) for at in np.flatnonzero(self.dividend > 0) if at]

    def split_is_in_prices(self, at: int) -> bool:
        """Whether the prices before a recorded split should be free of it, by their basis."""
        return not self.traded[at]

    def jumps_by(self, at: int, size: float) -> bool:
        tolerance = min(max(0.12, 3 * self.volatility[at]), 0.3 * abs(size))
        if abs(size) > LARGE:
            tolerance = 0.3 * abs(size)
        return bool(abs(self.change[at] - size) < tolerance)

    def crowded(self, at: int, times: float) -> bool:
        """Whether far more was traded that day than before it, in shares and in money; unknown says no."""
        return all(
            _exceeds(traded[max(0, at - 20) : at + 1], times)
            for traded in (self.volume, self.volume * self.close)
        )

    def volume_known(self, at: int) -> bool:
        return bool(np.isfinite(self.volume[max(0, at - 20) : at + 1]).sum() > 1)

    def opens_there(self, at: int) -> bool:
        """Whether the change came overnight: by the open, most of it was made. True where opens are unknown."""
        opened = self.bars["open"][at]
        if opened is None or not opened > 0:
            return True
        gap = math.log(opened / self.close[at - 1])
        gap += math.log(self.split[at]) if self.traded[at] else 0.0
        return gap * self.change[at] > 0 and abs(gap) > 0.75 * abs(self.change[at])

    def returns_from(self, at: int) -> bool:
        """Whether the price is back within a few sessions: then it was no action."""
        later = self.change[at : at + 6].cumsum()
        return bool(np.abs(later[1:]).min(initial=np.inf) < 0.3 * abs(self.change[at]))

    def scaled(self, at: int, scale: float, *, shares: bool) -> tuple[Any, ...]:
        """(ticker, date, factor of the prices, divisor of the volume)."""
        return (*self.key(at), scale, scale if shares else 1.0)


def each_series(bars: pl.DataFrame, *, least: float = 0.0) -> Iterator[Series]:
    """Tickers with a log change of at least that size; the others need no closer look."""
    if bars.is_empty():
        return
    step = (pl.col("close") / pl.col("close").shift()).log().abs()
    moved = bars.group_by("ticker").agg(largest=step.max(), splits=(pl.col("split") != 1).any())
    wanted = pl.col("splits") if least == 0 else pl.col("largest") >= least
    chosen = moved.filter(wanted)
    for table in bars.filter(pl.col("ticker").is_in(chosen["ticker"].implode())).partition_by("ticker"):
        if table.height > 1:
            yield Series(table)


def _exceeds(values: np.ndarray, times: float) -> bool:
    before = values[:-1][np.isfinite(values[:-1]) & (values[:-1] > 0)]
    return bool(before.size and values[-1] > times * np.median(before))


def _numbers(column: pl.Series, *, absent: float = math.nan) -> np.ndarray:
    return column.fill_null(absent).to_numpy().astype(float)
