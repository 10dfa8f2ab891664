"""Turns long tables of prices and positions into matrices of sessions by tickers, on which the backtest is fast."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ml_core.errors import InvalidData
from ml_core.frames import Array, unique

NOTHING = 1e-12  # of the last price: what is lost is all of it, and still can be divided by


@dataclass(frozen=True)
class Grid:
    """Prices by session and ticker. Over sessions without a bar both carry the last close.

    An open that is not known is that session's close. After its last bar a ticker whose delisting return is stated
    stands at what that left. `member_TN`: whether it is in the universe, and may be held.
    """

    sessions: NDArray[np.datetime64]
    tickers: tuple[str, ...]
    open_TN: Array
    close_TN: Array
    has_bar_TN: NDArray[np.bool_]
    member_TN: NDArray[np.bool_]


def grid_of(prices: pl.DataFrame, tickers: tuple[str, ...]) -> Grid:
    """The grid of these tickers over every session of the prices; they must be positive."""
    sessions = _days(prices["date"].to_numpy())
    told = [name for name in ("member", "delisting") if name in prices.columns]
    rows = prices.select(
        "date", "open", "close", *told, ticker=pl.col("ticker").cast(pl.Enum(tickers), strict=False)
    ).filter(pl.col("ticker").is_not_null() & pl.col("close").is_not_null() & pl.col("close").is_not_nan())
    absent = sorted(set(tickers) - set(rows["ticker"].unique().cast(pl.String)))
    if absent:
        raise InvalidData(f"no prices for {', '.join(absent)}, which the positions hold")
    bad = rows.filter((pl.col("close") <= 0) | (pl.col("open") <= 0))
    if bad.height:
        raise InvalidData(
            f"prices: {bad.height} are not positive, first {bad.select('ticker', 'date').row(0)}"
        )
    at = (_places(rows["date"].to_numpy(), sessions), codes(rows["ticker"], tickers))
    close_TN, open_TN = (np.full((len(sessions), len(tickers)), np.nan) for _ in range(2))
    close_TN[at] = rows["close"].to_numpy()
    open_TN[at] = rows["open"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    has_bar_TN = ~np.isnan(close_TN)
    carried_TN = _carry(close_TN, has_bar_TN)
    open_TN = np.where(np.isnan(open_TN), carried_TN, open_TN)
    if "delisting" in told:
        _leave(rows, has_bar_TN, tickers, open_TN, carried_TN)
    return Grid(sessions, tickers, open_TN, carried_TN, has_bar_TN, _members(rows, has_bar_TN, at))


def _leave(
    rows: pl.DataFrame,
    has_bar_TN: NDArray[np.bool_],
    tickers: tuple[str, ...],
    open_TN: Array,
    close_TN: Array,
) -> None:
    """From the session after its last bar on, a ticker stands where its stated delisting return has left it."""
    stated = rows.select(pl.col("ticker").cast(pl.String), "delisting").drop_nulls().unique()
    for ticker, told in stated.iter_rows():
        place = tickers.index(ticker)
        last = int(np.flatnonzero(has_bar_TN[:, place])[-1])
        left = close_TN[last, place] * max(1 + told, NOTHING)
        open_TN[last + 1 :, place] = close_TN[last + 1 :, place] = left


def _members(rows: pl.DataFrame, has_bar_TN: NDArray[np.bool_], at: tuple) -> NDArray[np.bool_]:
    """Over sessions without a bar, as on the last one with a bar. What no file speaks of, a benchmark, is in."""
    member_TN = np.ones(has_bar_TN.shape, dtype=bool)
    if "member" not in rows.columns:
        return member_TN
    member_TN[at] = rows["member"].fill_null(value=True).to_numpy()
    return _carry(member_TN, has_bar_TN)


def targets_of(positions: pl.DataFrame, grid: Grid) -> tuple[NDArray[np.int64], Array]:
    """The session at whose close each set of weights was decided, and the weights; the last set of a session
    counts (a decision between sessions belongs to the session before)."""
    weights = positions["weight"].to_numpy()
    if not np.isfinite(weights).all():
        bad = positions.filter(~pl.col("weight").is_finite().fill_null(value=False))
        raise InvalidData(f"positions: a weight is not a number, first {bad.select('ticker', 'date').row(0)}")
    dates = _days(positions["date"].to_numpy())
    target_KN = np.zeros((len(dates), len(grid.tickers)))
    at = (_places(positions["date"].to_numpy(), dates), codes(positions["ticker"], grid.tickers))
    if np.bincount(np.ravel_multi_index(at, target_KN.shape)).max() > 1:
        unique(positions, ["ticker", "date"], "positions")  # names the first that stands twice
    target_KN[at] = weights
    decided_K = np.searchsorted(grid.sessions, dates, side="right") - 1
    last = np.diff(decided_K, append=len(grid.sessions)) > 0
    keep = last & (decided_K >= 0)
    return decided_K[keep], target_KN[keep]


def _places(dates: NDArray, known: NDArray) -> NDArray[np.int64]:
    """The place of each date among the known ones, by table: dates are days."""
    first = known[0].astype("datetime64[D]")
    table = np.zeros(int((known[-1] - first).astype("timedelta64[D]").astype(int)) + 1, dtype=np.int64)
    table[(known - first).astype(int)] = np.arange(len(known))
    return table[(dates - first).astype(int)]


def _days(dates: NDArray) -> NDArray:
    """Each date once, in order."""
    first = dates.min()
    seen = np.zeros(int((dates.max() - first).astype(int)) + 1, dtype=bool)
    seen[(dates - first).astype(int)] = True
    return first + np.flatnonzero(seen).astype("timedelta64[D]")


def codes(names: pl.Series, tickers: tuple[str, ...]) -> NDArray[np.int64]:
    """The place of each name among the tickers."""
    return names.cast(pl.Enum(tickers)).to_physical().to_numpy().astype(np.int64)


def total(values_TN: Array) -> Array:
    """The sum of each row, strictly from left to right: zeros in between change no bit of it. Column is added to
    column; of a single row numpy would add in pairs."""
    if values_TN.shape[1] and len(values_TN) > 1:
        return np.add.reduce(np.ascontiguousarray(values_TN.T), axis=0)
    return np.cumsum(values_TN, axis=1)[:, -1] if values_TN.shape[1] else np.zeros(len(values_TN))


def _carry(values_TN: NDArray, known_TN: NDArray[np.bool_]) -> NDArray:
    """Each column with its last known value carried on; NaN before the first."""
    if known_TN.all():
        return values_TN
    places = np.where(known_TN, np.arange(len(values_TN))[:, None], 0)
    np.maximum.accumulate(places, axis=0, out=places)
    return np.take_along_axis(values_TN, places, axis=0)
