"""How the price of each ticker usually moves, which tells a move that is out of the usual; and its bars as arrays, for
checks that look at a whole series. Whatever is said of a session here depends on that session and earlier ones only."""

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass

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
ABSENT = {"split": 1.0, "dividend": 0.0}  # where a column is empty; NaN for all others
COLUMNS = (
    "close", "volume", "split", "dividend", "high", "low", "price_change", "change", "volatility", "usual_volume",
    "step",
)  # fmt: skip


@dataclass(frozen=True)
class Series:
    """One ticker's bars in order.

    `change` is the log change of the close without recorded splits; where a recorded dividend makes it smaller, without
    that too; `price_change` always with it. `volatility` is the usual size of a change before a session, by the median,
    so that one jump does not raise it; at least a tick, for a cheap share moves by percents at a time. `step` is what
    the adjusted close gained on the close, in logs: nothing, where there is no dividend or split; NaN where unknown.
    """

    ticker: str
    dates: np.ndarray
    traded: np.ndarray
    close: np.ndarray
    volume: np.ndarray
    split: np.ndarray
    dividend: np.ndarray
    high: np.ndarray
    low: np.ndarray
    price_change: np.ndarray
    change: np.ndarray
    volatility: np.ndarray
    usual_volume: np.ndarray
    step: np.ndarray

    @property
    def length(self) -> int:
        return len(self.close)

    def key(self, at: int) -> tuple[str, dt.date]:
        return self.ticker, self.date(at)

    def date(self, at: int) -> dt.date:
        return self.dates[at].item()

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
            tolerance = min(max(0.06, 3 * self.volatility[at]), tolerance)
        return bool(abs(self.change[at] - size) < tolerance)


def each_series(bars: pl.DataFrame, wanted: pl.Expr) -> Iterator[Series]:
    """Tickers for which the condition holds on some row; the others need no closer look."""
    named = tickers_with(bars, wanted)
    if named.is_empty():
        return
    marked = _add_context(named)
    arrays = {name: marked[name].fill_null(ABSENT.get(name, math.nan)).to_numpy() for name in COLUMNS}
    arrays |= {"dates": marked["date"].to_numpy(), "traded": (marked["basis"] == "traded").to_numpy()}
    stop = 0
    for length, ticker in marked["ticker"].rle().struct.unnest().iter_rows():
        start, stop = stop, stop + length
        if length > 1:
            yield Series(ticker, **{name: values[start:stop] for name, values in arrays.items()})


def tickers_with(bars: pl.DataFrame, wanted: pl.Expr) -> pl.DataFrame:
    """All bars of the tickers for which the condition holds on some row."""
    named = bars.filter(wanted)["ticker"].unique() if bars.height else bars["ticker"]
    return bars.filter(pl.col("ticker").is_in(named.implode())) if len(named) else bars.clear()


def before(name: str) -> pl.Expr:
    """The value of the session before."""
    return shifted(pl.col(name))


def shifted(value: pl.Expr, by: int = 1) -> pl.Expr:
    """The value so many sessions before, of bars in order: to look whose row that is costs less than to group them."""
    same = pl.col("ticker").eq_missing(pl.col("ticker").shift(by))
    return pl.when(same).then(value.shift(by))


def moved(least: float) -> pl.Expr:
    """Rows whose close is at least that far from the one before it, in logs."""
    return (pl.col("close") / before("close")).log().abs() >= least


def adjusted_step() -> pl.Expr:
    """What the adjusted close gained on the close since the session before, in logs."""
    usable = pl.when(pl.col("adj_close") > 0).then("adj_close") / pl.col("close")
    return (usable / shifted(usable)).log()


def add_changes(bars: pl.DataFrame) -> pl.DataFrame:
    """The bars with `price_change`, `change` and `volatility`, as a Series has them."""
    step = (pl.col("close") / before("close")).log().fill_null(0.0)
    split = pl.when(pl.col("basis") == "traded").then(pl.col("split").fill_null(1.0).log()).otherwise(0.0)
    paid = (pl.col("dividend").fill_null(0.0).clip(0) / pl.col("close")).log1p()
    size = (pl.col("close") - before("close")).abs()
    marked = bars.with_columns(price_change=step + split, whole=step + split + paid, size=size).with_columns(
        change=pl.when(pl.col("whole").abs() < pl.col("price_change").abs())
        .then("whole")
        .otherwise("price_change"),
        size=pl.when(pl.col("size") > SAME * pl.col("close")).then("size"),
    )
    usual = pl.col("change").abs().shift().rolling_median(SPAN, min_samples=FEW).over("ticker") * 1.4826
    tick = pl.col("size").shift().rolling_min(TICK_SPAN, min_samples=SPAN // 2).over("ticker") / pl.col(
        "close"
    )
    volatility = pl.max_horizontal(usual.fill_null(USUAL), pl.lit(LEAST_VOLATILITY), tick.fill_null(0.0))
    return marked.with_columns(volatility=volatility).drop("whole", "size")


def _add_context(bars: pl.DataFrame) -> pl.DataFrame:
    usual = pl.when(pl.col("volume") > 0).then("volume").shift().rolling_median(TRADED_BEFORE, min_samples=1)
    return add_changes(bars).with_columns(usual_volume=usual.over("ticker"), step=adjusted_step())
