"""What each row of the panel is learned against: targets in the unit of their volatility, and what each bar tells of
the volatility to come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl

from ml_core.features.target import build_target, build_unit
from ml_core.features.volatility import STATES, build_moves, build_states
from ml_core.spec.task import Task

LEAST_LEFT = 0.01  # of a price: what is worth nothing has no logarithm
TOGETHER = 64  # tickers


class PanelOutcomes(NamedTuple):
    """In single precision, as the panel holds them."""

    y_NTH: np.ndarray
    unit_NTH: np.ndarray
    state_NTK: np.ndarray
    moved_NT: np.ndarray


def build_outcomes(
    bars_NT: Mapping[str, np.ndarray], ended_NT: np.ndarray, rows_NT: np.ndarray, task: Task
) -> PanelOutcomes:
    """A few tickers at a time, so that what is in double precision on the way is never there of all. A target is first
    built of all tickers, which it may compare."""
    y_NTH = build_target(ended_NT, task.horizons, task.target, rows_NT=rows_NT)
    made = PanelOutcomes(
        y_NTH=np.empty(y_NTH.shape, np.float32),
        unit_NTH=np.empty(y_NTH.shape, np.float32),
        state_NTK=np.empty((*ended_NT.shape, len(STATES)), np.float32),
        moved_NT=np.empty(ended_NT.shape, np.float32),
    )
    for start in range(0, len(ended_NT), TOGETHER):
        some = slice(start, start + TOGETHER)
        bars = {name: column_NT[some] for name, column_NT in bars_NT.items()}
        unit_NTH = build_unit(bars["close"], task.horizons, task.target)
        made.y_NTH[some] = y_NTH[some] / unit_NTH
        made.unit_NTH[some] = unit_NTH
        made.state_NTK[some] = build_states(bars)
        made.moved_NT[some] = build_moves(bars)
    return made


def with_delisting(close_NT: np.ndarray, prices: pl.DataFrame, tickers: tuple[str, ...]) -> np.ndarray:
    """Closes with what is left of a ticker after its last bar, where a delisting return is stated."""
    if "delisting" not in prices.columns:
        return close_NT
    ended_NT, stated = close_NT.copy(), prices.select("ticker", "delisting").drop_nulls().unique()
    for ticker, told in stated.iter_rows():
        close_T = ended_NT[tickers.index(ticker)]
        last = int(np.flatnonzero(np.isfinite(close_T))[-1])
        close_T[last + 1 :] = close_T[last] * max(1 + told, LEAST_LEFT)
    return ended_NT
