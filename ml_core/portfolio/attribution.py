"""Tells where an account's money came from: which tickers, which side, how much of the market, and what trading cost.

All parts are money, as shares of the equity at the start. So they add up over sessions without a remainder, which
returns do not: each way to split an account adds up to its total return.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ml_core.errors import InvalidData
from ml_core.frames import BACKTEST, Array, conform
from ml_core.portfolio.backtest import Book, Execution, blocks, filled, open_book
from ml_core.portfolio.comparison import Comparison
from ml_core.portfolio.grid import total
from ml_core.portfolio.holdings import EquityCourse, HoldingValues, betas_of, course_of, held_on
from ml_core.portfolio.market import Market

NO_SECTOR = "no sector known"
PARTS = {"by": pl.String, "name": pl.String, "gain": pl.Float64}


@dataclass(frozen=True)
class ReturnAttribution:
    """`parts` (by, name, gain): for each `by` (`market`, `side`, `sector`, `ticker`) the parts of the total return, as
    shares of the equity at the start, and their sum. `beta` is that of the book on average; without it, as over a
    few sessions, nothing is split by the market, and without any known sector nothing by sectors."""

    total: float
    beta: float | None
    parts: pl.DataFrame

    def by(self, name: str) -> dict[str, float]:
        """The parts of one way to split it; empty where it is not split so."""
        return dict(self.parts.filter(by=pl.lit(name)).select("name", "gain").iter_rows())

    @property
    def summary(self) -> dict[str, Any]:
        """As one document."""
        ways = self.parts["by"].unique(maintain_order=True)
        return {"total": self.total, "beta": self.beta, **{way: self.by(way) for way in ways}}


@dataclass
class _Sums:
    """Over sessions so far: of each ticker the gain on either side and the costs; of each session the gain, and what
    it would be if each ticker moved by its beta with the market."""

    long_N: Array
    short_N: Array
    cost_N: Array
    gain_T: Array
    beta_gain_T: Array
    beta_T: Array


def attribute_strategy(compared: Comparison, market: Market, *, hold: int) -> ReturnAttribution:
    """The parts of a strategy's account on this market."""
    return attribute(
        compared.positions,
        market.traded,
        compared.backtest,
        execution=compared.execution,
        hold=hold,
        benchmark=market.benchmark,
        sectors=market.known_sectors,
    )


def attribute(
    positions: pl.DataFrame,
    prices: pl.DataFrame,
    account: pl.DataFrame,
    *,
    execution: Execution,
    hold: int,
    benchmark: str | None = None,
    sectors: Mapping[str, str] | None = None,
) -> ReturnAttribution:
    """The parts of this account (BACKTEST), which `backtest` made of the same positions, prices and settings.

    Costs are those that the account was charged. What a session's loss takes beyond all of the equity is not lost:
    the parts of that session shrink to it.
    """
    book = open_book(positions, prices, execution=execution, hold=hold, benchmark=benchmark)
    account = conform(account, BACKTEST, "account")
    days = book.grid.sessions[book.trades.session_K[0] : book.end + 1]
    if account.height != len(days) or (account["date"].to_numpy() != days).any():
        raise InvalidData(
            f"account: {account.height} sessions from {account['date'].min()}; expected {len(days)} from {days[0]}, "
            "those that these positions are held"
        )
    account = account.head(_open_until(account["net"].to_numpy()))
    course, beta_N = course_of(book, account), betas_of(book, account)
    sums = _add_up(book, account, course, beta_N)
    costs = {"costs": -float(sums.cost_N.sum())}
    sides = {"long": float(sums.long_N.sum()), "short": float(sums.short_N.sum()), **costs}
    ticker_N = sums.long_N + sums.short_N - sums.cost_N
    asked = set(positions["ticker"].unique())  # the benchmark may be none of them
    tickers = {
        name: float(gain) for name, gain in zip(book.grid.tickers, ticker_N, strict=True) if name in asked
    }
    ways = {"side": sides, "sector": _by_sector(sectors or {}, tickers), "ticker": tickers}
    beta = None
    if beta_N is not None:
        beta, market = _by_market(account, course, sums)
        ways = {"market": {**market, **costs}, **ways}
    rows = [(by, name, gain) for by, parts in ways.items() for name, gain in parts.items()]
    whole = float(np.prod(1 + account["net"].to_numpy()) - 1)
    return ReturnAttribution(whole, beta, pl.DataFrame(rows, schema=PARTS, orient="row"))


def _open_until(net_T: Array) -> int:
    """Sessions until the account is closed, the one that closes it among them."""
    lost = np.flatnonzero(net_T <= -1)
    return int(lost[0]) + 1 if len(lost) else len(net_T)


def _add_up(book: Book, account: pl.DataFrame, course: EquityCourse, beta_N: Array | None) -> _Sums:
    """A few sessions at a time."""
    gross, net = account["gross"].to_numpy(), account["net"].to_numpy()
    equity_T = np.concatenate([[1.0], np.cumprod(1 + net)[:-1]])
    count, tickers = account.height, len(book.grid.tickers)
    sums = _Sums(*(np.zeros(tickers) for _ in range(3)), *(np.zeros(count) for _ in range(3)))
    beta_N = np.ones(tickers) if beta_N is None else beta_N
    close_TN = filled(book.grid.close_TN)
    for rows in blocks(count):
        held = held_on(book, course, close_TN, rows)
        up_to_TN, after_TN = held.gain_TN
        found_T = total(up_to_TN + after_TN) / course.before_T[rows]
        ruined_T = gross[rows] <= -1
        kept_T = np.divide(gross[rows], found_T, out=np.ones(len(found_T)), where=ruined_T)
        scale_T = equity_T[rows] / course.before_T[rows] * kept_T
        for gain_TN, worth_TN in ((up_to_TN, held.last_TN), (after_TN, held.taken_TN)):
            money_TN = gain_TN * scale_T[:, None]
            sums.long_N += np.where(worth_TN > 0, money_TN, 0.0).sum(axis=0)
            sums.short_N += np.where(worth_TN < 0, money_TN, 0.0).sum(axis=0)
        sums.cost_N += _costs(held, course, rows, equity_T[rows] * (gross[rows] - net[rows]))
        sums.gain_T[rows] = equity_T[rows] * gross[rows]
        moved_T = total(held.last_TN * beta_N) * course.market_T[rows]
        moved_T += total(held.taken_TN * beta_N) * course.rest_T[rows]
        sums.beta_gain_T[rows] = moved_T * scale_T
        sums.beta_T[rows] = _beta_held(held, course, rows, beta_N)
    return sums


def _costs(held: HoldingValues, course: EquityCourse, rows: slice, charged_T: Array) -> Array:
    """What each ticker's trades were charged."""
    traded_TN = np.abs(held.taken_TN - held.left_TN) * course.traded_T[rows, None]
    value_T = traded_TN.sum(axis=1)
    each_T = np.divide(charged_T, value_T, out=np.zeros(len(value_T)), where=value_T > 0)
    return (traded_TN * each_T[:, None]).sum(axis=0)


def _beta_held(held: HoldingValues, course: EquityCourse, rows: slice, beta_N: Array) -> Array:
    """The book's beta after each session's trade."""
    equity_T = np.where(course.traded_T[rows], course.equity_K[course.segment_T[rows]], course.before_T[rows])
    held_TN = np.where(course.traded_T[rows, None], held.taken_TN, held.last_TN)
    return total(held_TN * beta_N) / equity_T


def _by_market(account: pl.DataFrame, course: EquityCourse, sums: _Sums) -> tuple[float, dict[str, float]]:
    """The average beta's part of what the market did; more when it rose, less when it fell; the choice of tickers."""
    beta = float(sums.beta_T.mean())
    net = account["net"].to_numpy()
    equity_T = np.concatenate([[1.0], np.cumprod(1 + net)[:-1]])
    traded_T = np.where(course.traded_T, course.equity_K[course.segment_T], 0.0) / course.before_T
    market = float((equity_T * beta * (course.market_T + traded_T * course.rest_T)).sum())
    moved = float(sums.beta_gain_T.sum())
    return beta, {"market": market, "timing": moved - market, "choice": float(sums.gain_T.sum()) - moved}


def _by_sector(sectors: Mapping[str, str], tickers: dict[str, float]) -> dict[str, float]:
    """Nothing where no sector is known."""
    gains: dict[str, float] = {}
    for ticker, gain in tickers.items():
        name = sectors.get(ticker, NO_SECTOR)
        gains[name] = gains.get(name, 0.0) + gain
    return dict(sorted(gains.items())) if set(gains) - {NO_SECTOR} else {}
