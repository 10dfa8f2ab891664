"""The bars of one ticker as arrays: what checks of a whole series look at. Whatever is said of a session here depends
on that session and earlier ones only."""

import datetime as dt
import math
from collections.abc import Iterator
from functools import cached_property

import numpy as np
import polars as pl

SPAN = 60  # changes before a session that show how much the price usually moves
FEW = 10  # with fewer of them nothing is known, and the price is taken to move as a stock does
USUAL = 0.02
LEAST_VOLATILITY = 0.004
LARGE = 1.9  # a log change beyond it is told by its size alone
TICK_SPAN = 240
SAME = 1e-6  # relative: less is how numbers are stored
TRADED_BEFORE = 20


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
        """The usual size of a change before each session, by the median: one jump does not raise it."""
        sizes = pl.Series(np.abs(self.change)).shift(1)
        usual = sizes.rolling_median(SPAN, min_samples=FEW).fill_null(USUAL / 1.4826) * 1.4826
        return np.maximum(np.maximum(usual.to_numpy(), LEAST_VOLATILITY), self.tick / self.close)

    @cached_property
    def tick(self) -> np.ndarray:
        """The least that the close changed by before each session: a cheap share moves by percents at a time."""
        steps = np.abs(np.diff(self.close, prepend=self.close[:1]))
        moved = pl.Series(np.where(steps > SAME * self.close, steps, np.nan)).fill_nan(None).shift(1)
        return moved.rolling_min(TICK_SPAN, min_samples=SPAN // 2).fill_null(0.0).to_numpy()

    @cached_property
    def usual_volume(self) -> np.ndarray:
        """The median number of shares traded in the sessions before each; NaN where it is not known."""
        traded = pl.Series(np.where(self.volume > 0, self.volume, np.nan)).fill_nan(None).shift(1)
        return traded.rolling_median(TRADED_BEFORE, min_samples=1).fill_null(math.nan).to_numpy()

    @cached_property
    def step(self) -> np.ndarray:
        """By how much the adjusted close gained on the close since the session before, in logs; NaN where unknown.
        Without a dividend or split it gains nothing."""
        ratio = np.log(np.where(self.adjusted > 0, self.adjusted, np.nan)) - np.log(self.close)
        return np.diff(ratio, prepend=np.nan)

    def key(self, at: int) -> tuple[str, dt.date]:
        return self.bars["ticker"][at], self.bars["date"][at]

    def date(self, at: int) -> dt.date:
        return self.bars["date"][at]

    def splits(self) -> Iterator[tuple[int, float]]:
        """Recorded splits that have a session before them, with the place of each."""
        for at in np.flatnonzero(self.split != 1.0):
            if at:
                yield int(at), float(self.split[at])

    def payments(self) -> list[int]:
        """The places of the dividends that have a session before them."""
        return [int(at) for at in np.flatnonzero(self.dividend > 0) if at]

    def moves_by(self, at: int, size: float) -> bool:
        """Whether the change is that size, as far as this ticker's own moves let it be told."""
        tolerance = 0.3 * abs(size)
        if abs(size) < LARGE:
            tolerance = min(max(0.12, 3 * self.volatility[at]), tolerance)
        return bool(abs(self.change[at] - size) < tolerance)


def each_series(bars: pl.DataFrame, wanted: pl.Expr) -> Iterator[Series]:
    """Tickers for which the condition holds on some row; the others need no closer look."""
    if bars.is_empty():
        return
    named = bars.filter(wanted)["ticker"].unique()
    chosen = bars.filter(pl.col("ticker").is_in(named.implode())) if len(named) else bars.clear()
    for table in chosen.partition_by("ticker", maintain_order=True):
        if table.height > 1:
            yield Series(table)


def moved(least: float) -> pl.Expr:
    """Rows whose close is at least that far from the one before it, in logs."""
    return (pl.col("close") / pl.col("close").shift().over("ticker")).log().abs() >= least


def _numbers(column: pl.Series, *, absent: float = math.nan) -> np.ndarray:
    return column.fill_null(absent).to_numpy().astype(float)
