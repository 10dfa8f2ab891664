"""Follows what an account held from close to close, with its trades in between, and how each ticker moved with the
benchmark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ml_core.frames import Array
from ml_core.portfolio.backtest import Book, rebalance, worth
from ml_core.portfolio.grid import total

ENOUGH = 20  # sessions from which a ticker's beta means something


@dataclass(frozen=True)
class EquityCourse:
    """The equity before costs and the benchmark's worth, at the last close, the trade and this close of each
    session; `traded_T`: whether there is one; `segment_T`: the trades that are in force at its close."""

    first: int
    segment_T: NDArray[np.int64]
    traded_T: NDArray[np.bool_]
    equity_K: Array
    before_T: Array
    market_T: Array  # the benchmark's return up to the trade or, without one, the close
    rest_T: Array  # and from the trade to the close


@dataclass(frozen=True)
class HoldingValues:
    """Some sessions of the account before costs: what each holding is worth at its last close and when it is traded or,
    where it is not, at this close; and from a trade to this close. Shares of the equity at the first trade."""

    last_TN: Array
    left_TN: Array
    taken_TN: Array
    now_TN: Array

    @property
    def gain_TN(self) -> tuple[Array, Array]:
        return self.left_TN - self.last_TN, self.now_TN - self.taken_TN


def course_of(book: Book, account: pl.DataFrame) -> EquityCourse:
    """From the first trade on."""
    trades, bought, first = book.trades, book.bought, int(book.trades.session_K[0])
    session_T = np.arange(first, first + account.height)
    segment_T = np.searchsorted(trades.session_K, session_T, side="right") - 1
    traded_T = trades.session_K[segment_T] == session_T
    equity_K = np.ones(len(trades.weight_KN))
    equity_K[1:] = np.cumprod(rebalance(trades.weight_KN, trades.price_KN)[0])
    before_T = np.concatenate([[1.0], np.cumprod(1 + account["gross"].to_numpy())[:-1]])
    bench_T = np.concatenate([[1.0], np.cumprod(1 + account["benchmark"].to_numpy())])
    gain_KN = worth(bought.weight_KN, trades.price_KN, bought.price_KN) - bought.weight_KN
    bench_K = 1 + total(gain_KN)
    until_T = np.where(traded_T, bench_K[segment_T], bench_T[1:])
    rest_T = np.where(traded_T, bench_T[1:] / bench_K[segment_T] - 1, 0.0)
    return EquityCourse(first, segment_T, traded_T, equity_K, before_T, until_T / bench_T[:-1] - 1, rest_T)


def held_on(book: Book, course: EquityCourse, close_TN: Array, rows: slice) -> HoldingValues:
    """Before the first trade nothing is held."""
    trades, traded_T1 = book.trades, course.traded_T[rows, None]
    segment_T = course.segment_T[rows]
    before_T = segment_T - course.traded_T[rows]
    session_T = course.first + np.arange(rows.start, rows.stop)
    old_TN = trades.weight_KN[before_T] * course.equity_K[before_T, None]
    if rows.start == 0:
        old_TN[0] = 0.0
    paid_TN, now_TN = trades.price_KN[before_T], close_TN[session_T]
    price_TN = np.where(traded_T1, trades.price_KN[segment_T], now_TN)
    new_TN = np.where(traded_T1, trades.weight_KN[segment_T] * course.equity_K[segment_T, None], 0.0)
    return HoldingValues(
        worth(old_TN, close_TN[session_T - 1], paid_TN),
        worth(old_TN, price_TN, paid_TN),
        new_TN,
        worth(new_TN, now_TN, price_TN),
    )


def betas_of(book: Book, account: pl.DataFrame) -> Array | None:
    """How far each ticker moved with the benchmark, on the account's sessions; 1 of one with too few of them. None
    where the benchmark has too few, or never moved."""
    market_T = account["benchmark"].to_numpy()[1:, None]
    if len(market_T) < ENOUGH or not market_T.any():
        return None
    first = int(book.trades.session_K[0])
    rows = slice(first, first + account.height)
    close_TN, known_TN = book.grid.close_TN[rows], book.grid.has_bar_TN[rows]
    both_TN = known_TN[1:] & known_TN[:-1]
    return_TN = np.where(both_TN, close_TN[1:] / close_TN[:-1] - 1, 0.0)
    count_N = np.maximum(both_TN.sum(axis=0), 1)
    apart_TN = np.where(both_TN, market_T - (market_T * both_TN).sum(axis=0) / count_N, 0.0)
    spread_N = (apart_TN**2).sum(axis=0)
    sure_N = (both_TN.sum(axis=0) >= ENOUGH) & (spread_N > 0)
    together_N = (apart_TN * return_TN).sum(axis=0)
    return np.divide(together_N, spread_N, out=np.ones_like(spread_N), where=sure_N)
