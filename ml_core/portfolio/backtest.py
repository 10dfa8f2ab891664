"""Computes what positions would have earned after costs. POSITIONS are decided at a session's close; the result is a
BACKTEST table.

Weights are shares of equity. They are traded once, drift with prices until the next rebalance, and pay costs
on what is traded. Sums over tickers run in one fixed order: a later listing changes no bit of an earlier row.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.frames import BACKTEST, POSITIONS, Array, conform
from ml_core.portfolio.grid import Grid, grid_of, targets_of, total

Execution = Literal["next_open", "next_close", "same_close"]
GONE = 5  # sessions without a bar after which a holding no longer counts as exposure

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trades:
    """K rebalances: the session of each, the weights and the price at which they were taken."""

    session_K: NDArray[np.int64]
    weight_KN: Array
    price_KN: Array


@dataclass(frozen=True)
class Book:
    """What positions come to as trades: those of the account, the one purchase of the benchmark, and the place of the
    last session."""

    grid: Grid
    trades: Trades
    bought: Trades
    end: int


def backtest(
    positions: pl.DataFrame,
    prices: pl.DataFrame,
    *,
    cost_bps: float,
    execution: Execution = "next_open",
    hold: int = 1,
    benchmark: str | None = None,
) -> pl.DataFrame:
    """Every session from the first trade until `hold` sessions after the last decision.

    Every `hold`-th decision is traded. `turnover` is the value traded as a share of equity, both sides, so
    net = (1 + gross) · (1 - turnover · cost_bps / 10000) - 1 exactly; nothing is sold at the end. A name
    without a bar on the trading session cannot be bought, and what is held of it leaves at its last price;
    between rebalances it stays at that price, or where its stated delisting return has left it. A name that
    is not in the universe is not bought, and what is held of it is sold on the first session that it is out.
    `benchmark` buys that ticker, or equal parts of every ticker that the positions name and that is in, at
    the first trade, and holds without cost.
    """
    execution = possible_execution(prices, execution)
    book = open_book(positions, prices, execution=execution, hold=hold, benchmark=benchmark)
    grid, end = book.grid, book.end
    gross, turnover, exposure = run_trades(grid, book.trades, end)
    net = charge(gross, turnover, cost_bps)
    gross, turnover, exposure = (np.where(_closed(net), 0.0, one) for one in (gross, turnover, exposure))
    bought = run_trades(grid, book.bought, end)[0]
    return pl.DataFrame(
        {
            "date": grid.sessions[book.trades.session_K[0] : end + 1],
            "gross": gross, "net": net,
            "turnover": turnover, "exposure": exposure, "benchmark": bought,
        },
        schema=BACKTEST,
    )  # fmt: skip


def open_book(
    positions: pl.DataFrame, prices: pl.DataFrame, *, execution: Execution, hold: int, benchmark: str | None
) -> Book:
    """The trades of these positions at an execution that the prices allow."""
    table = conform(positions, POSITIONS, "positions")
    names = sorted(set(table["ticker"].unique()) | ({benchmark} if benchmark else set()))
    if not table.height or not prices.height:
        raise NotEnoughData("backtest: no positions or no prices; expected at least one of each")
    grid = grid_of(prices, tuple(names))
    decided_K, target_KN = targets_of(table, grid)
    decided_K, target_KN = decided_K[::hold], target_KN[::hold]
    trades = take_trades(grid, decided_K, target_KN, execution)
    if not len(trades.session_K):
        last = grid.sessions[-1]
        raise NotEnoughData(f"backtest: no session after the first position; prices end on {last}")
    end = min(int(decided_K[-1]) + hold, len(grid.sessions) - 1)
    sold, bought = sell_leavers(grid, trades, execution, end), _buy_and_hold(grid, trades, benchmark)
    return Book(grid, sold, bought, end)


def charge(gross: Array, turnover: Array, cost_bps: float | Array) -> Array:
    """Returns after costs of so many basis points of the value traded, each side. Costs that take all of the equity
    close the account: nothing comes after."""
    net = (1 + gross) * np.maximum(1 - turnover * cost_bps / 1e4, 0.0) - 1
    return np.where(_closed(net), 0.0, net)


def _closed(net: Array) -> NDArray[np.bool_]:
    """The sessions after the one that lost everything; sessions stand on the first axis."""
    lost = np.maximum.accumulate(net <= -1, axis=0)
    return np.concatenate([np.zeros_like(lost[:1]), lost[:-1]])


def possible_execution(prices: pl.DataFrame, wanted: Execution) -> Execution:
    """What these prices allow: without any open, `next_open` becomes `next_close`, and the log says so."""
    if wanted not in get_args(Execution):
        raise InvalidInput(f"unknown execution '{wanted}'; expected one of {', '.join(get_args(Execution))}")
    known = "open" in prices.columns and prices["open"].is_not_null().any()
    if wanted == "next_open" and not (known and not prices["open"].is_nan().all()):
        _log.warning("the prices have no open: trades are at the next close instead")
        return "next_close"
    return wanted


def take_trades(grid: Grid, decided_K: NDArray[np.int64], target_KN: Array, execution: Execution) -> Trades:
    session_K = decided_K + (execution != "same_close")
    possible = session_K < len(grid.sessions)
    session_K, target_KN = session_K[possible], target_KN[possible]
    may_TN = grid.has_bar_TN[session_K] & grid.member_TN[session_K]
    weight_KN = np.where(may_TN, target_KN, 0.0)
    return Trades(session_K, weight_KN, filled(_traded_at(grid, execution)[session_K]))


def _traded_at(grid: Grid, execution: Execution) -> Array:
    return grid.open_TN if execution == "next_open" else grid.close_TN


def sell_leavers(grid: Grid, trades: Trades, execution: Execution, end: int) -> Trades:
    """Between rebalances, what is held of a name is sold where it leaves the universe; the others stay as they are."""
    if grid.member_TN.all():
        return trades
    price_TN, sold = filled(_traded_at(grid, execution)), []
    for place, session in enumerate(trades.session_K):
        weight_N, paid_N = trades.weight_KN[place], trades.price_KN[place]
        until = trades.session_K[place + 1] if place + 1 < len(trades.session_K) else end + 1
        sold.append((session, weight_N, paid_N))
        out_TN = ~grid.member_TN[session + 1 : until] & (weight_N != 0)
        for later in session + 1 + np.flatnonzero(out_TN.any(axis=1)):
            leaving = ~grid.member_TN[later] & (weight_N != 0)
            held_N = worth(weight_N, price_TN[later], paid_N)
            grown = 1 + float(total((held_N - weight_N)[None, :])[0])
            if leaving.any() and grown > 0:
                weight_N, paid_N = np.where(leaving, 0.0, held_N / grown), price_TN[later]
                sold.append((later, weight_N, paid_N))
    session_K, weight_KN, price_KN = (np.array(part) for part in zip(*sold, strict=True))
    return Trades(session_K, weight_KN, price_KN)


def _buy_and_hold(grid: Grid, trades: Trades, benchmark: str | None) -> Trades:
    """One purchase at the first trade: the benchmark, or equal parts of every ticker that has a bar then."""
    session = trades.session_K[:1]
    wanted = np.array([benchmark in (None, ticker) for ticker in grid.tickers])
    chosen = wanted & grid.has_bar_TN[session[0]] & grid.member_TN[session[0]]
    if not chosen.any():
        raise NotEnoughData(
            f"benchmark {benchmark}: no bar on the first trading session {grid.sessions[session[0]]}"
        )
    weight = np.where(chosen, 1 / chosen.sum(), 0.0)
    return Trades(session, weight[None, :], trades.price_KN[:1])


def run_trades(grid: Grid, trades: Trades, end: int) -> tuple[Array, Array, Array]:
    """Gross return, turnover and exposure of each session from the first trade to `end`."""
    session_K, weight_KN, price_KN = trades.session_K, trades.weight_KN, trades.price_KN
    first = session_K[0]
    growth_K, turnover_K = rebalance(weight_KN, price_KN)
    equity_K = np.cumprod(np.concatenate([[1.0], growth_K]))
    sessions, close_TN = np.arange(first, end + 1), filled(grid.close_TN)
    segment_T = np.searchsorted(session_K, sessions, side="right") - 1
    recent_TN = _recent(grid.has_bar_TN[: end + 1])[first:]
    growth_T, exposure = np.empty(len(sessions)), np.empty(len(sessions))
    for rows in blocks(len(sessions)):
        weight_TN, paid_TN = weight_KN[segment_T[rows]], price_KN[segment_T[rows]]
        held_TN = worth(weight_TN, close_TN[sessions[rows]], paid_TN)
        growth_T[rows] = 1 + total(held_TN - weight_TN)
        exposure[rows] = total(np.abs(held_TN) * recent_TN[rows]) / growth_T[rows]
    equity_T = equity_K[segment_T] * growth_T
    gross = equity_T / np.concatenate([[1.0], equity_T[:-1]]) - 1
    turnover = np.zeros(len(sessions))
    turnover[session_K[session_K <= end] - first] = turnover_K[session_K <= end]
    return _stop_at_ruin(equity_T, gross, turnover, exposure)


def rebalance(weight_KN: Array, price_KN: Array) -> tuple[Array, Array]:
    """Growth from each trade to the next, and what each trade turns over: from drifted to wanted weights."""
    growth_K, turnover_K = np.empty(len(weight_KN) - 1), np.empty(len(weight_KN))
    turnover_K[:1] = total(np.abs(weight_KN[:1]))
    for rows in blocks(len(growth_K)):
        after = slice(rows.start + 1, rows.stop + 1)
        held_KN = worth(weight_KN[rows], price_KN[after], price_KN[rows])
        growth_K[rows] = 1 + total(held_KN - weight_KN[rows])
        with np.errstate(invalid="ignore", divide="ignore"):
            drifted_KN = held_KN / growth_K[rows, None]
        turnover_K[after] = total(np.abs(weight_KN[after] - drifted_KN))
    return growth_K, turnover_K


def blocks(count: int, size: int = 64) -> Iterator[slice]:
    """A few rows at a time: what is computed for them stays in the processor's cache."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def filled(prices_TN: Array) -> Array:
    """Any price where there is none yet, for nothing is held there; after a first one the last is carried on."""
    return prices_TN if not np.isnan(prices_TN[:1]).any() else np.where(np.isnan(prices_TN), 1.0, prices_TN)


def worth(weight_TN: Array, price_TN: Array, paid_TN: Array) -> Array:
    """What each holding is worth."""
    value_TN = weight_TN * price_TN
    return np.divide(value_TN, paid_TN, out=value_TN)


def _recent(has_bar_TN: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a ticker had a bar in the last few sessions."""
    if has_bar_TN.all():
        return has_bar_TN
    seen_TN = np.where(has_bar_TN, np.arange(len(has_bar_TN))[:, None], -GONE)
    return np.arange(len(has_bar_TN))[:, None] - np.maximum.accumulate(seen_TN, axis=0) < GONE


def _stop_at_ruin(
    equity_T: Array, gross: Array, turnover: Array, exposure: Array
) -> tuple[Array, Array, Array]:
    """Once the equity is gone the account is closed: the loss is all of it, and nothing happens after."""
    ruined = np.maximum.accumulate(~(equity_T > 0))
    if not ruined.any():
        return gross, turnover, exposure
    day = int(np.argmax(ruined))
    gross = np.where(ruined, 0.0, gross)
    gross[day] = -1.0
    return gross, np.where(ruined, 0.0, turnover), np.where(ruined, 0.0, exposure)
