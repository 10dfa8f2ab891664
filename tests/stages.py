"""Where a planted signal is found at each stage between bars and money, by the delay at which one looks for it.

A stage takes a market whose signal acts exactly `delay` sessions later, and gives a score per delay looked at: only
the planted one may stand out. With `slip` what goes into the stage is moved by so many sessions: the stage must then
be the one that is found out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
import torch

from ml_core.data.providers import Request, simulated
from ml_core.data.simulation.market import SimulatedMarket, simulate
from ml_core.data.store.bars import adjust
from ml_core.features.scaling import fit_scaler
from ml_core.features.table import build_features
from ml_core.panel.layout import lay_out
from ml_core.panel.windows import Windows, build_windows
from ml_core.portfolio.backtest import Execution, backtest
from ml_core.portfolio.strategies import build_positions
from ml_core.spec.experiment import Strategy, Task
from tests.market import NOW

TICKERS = tuple(f"T{number:02d}" for number in range(12))
SESSIONS, LOOKBACK, SLACK = 400, 16, 2
NAMES = ("overnight", "momentum_1")
FLAT = Strategy(kind="long_short", quantile=0.25)
Scores = dict[int, float]


@dataclass(frozen=True)
class Planted:
    """A market and its bars; `came_NT` is each session's log return, read off the closes by itself."""

    delay: int
    market: SimulatedMarket
    prices: pl.DataFrame
    came_NT: np.ndarray

    @property
    def known_NT(self) -> np.ndarray:
        """What each close told."""
        return self.market.driver_TN.T

    @property
    def looked_at(self) -> range:
        return range(1, self.delay + SLACK + 1)

    def scores(self, told_NT: np.ndarray) -> Scores:
        """How well what was told at each session goes with what came so many sessions later."""
        return {delay: correlation(told_NT[:, :-delay], self.came_NT[:, delay:]) for delay in self.looked_at}


@cache
def plant(delay: int) -> Planted:
    config = simulated.Config(signal="linear", ic=0.95, delay=delay, sessions=SESSIONS)
    market = simulate(TICKERS, {}, "XNYS", config)
    bars = simulated.fetch(Request(TICKERS, {}, "XNYS", None, None, NOW), config).bars
    prices = adjust(bars).sort("ticker", "date")
    close_NT = np.log(prices["close"].to_numpy().reshape(len(TICKERS), -1))
    return Planted(delay, market, prices, np.diff(close_NT, axis=1, prepend=np.nan))


def features(planted: Planted, slip: int) -> Scores:
    """The gap as features tell it, row by row."""
    columns = pl.col("open", "high", "low", "close")
    moved = planted.prices.with_columns(columns.shift(slip).over("ticker")).drop_nulls("close")
    table = build_features(moved, NAMES).table
    gap = table.select("ticker", "date", gap=pl.col("overnight") - 0.3 * pl.col("momentum_1"))
    whole = planted.prices.select("ticker", "date").join(gap, on=["ticker", "date"], how="left")
    return planted.scores(whole["gap"].to_numpy().reshape(len(TICKERS), -1))


def targets(planted: Planted, slip: int) -> Scores:
    """The target of the row at which a signal of that delay acts on the session after."""
    moved = planted.prices.with_columns(pl.col("close").shift(slip).over("ticker")).drop_nulls("close")
    opened = _open_windows(moved)
    y_NT = np.full(planted.known_NT.shape, np.nan)
    y_NT[:, np.isin(planted.market.sessions, opened.sessions)] = opened.y_NTH[:, :, 0]
    return {
        delay: correlation(planted.known_NT[:, : SESSIONS - delay + 1], y_NT[:, delay - 1 :])
        for delay in planted.looked_at
    }


def windows(planted: Planted, slip: int) -> Scores:
    """The step of each window that lies so many sessions before the one that is forecast."""
    opened = _open_windows(planted.prices)
    layout = lay_out(opened, NAMES, layout="pooled", lookback=LOOKBACK)
    scaler = fit_scaler(layout.x_STF.numpy(), layout.usable_ST)
    series, end = np.nonzero(layout.usable_ST & np.isfinite(opened.y_NTH[:, :, 0]))
    inside = end + slip < SESSIONS
    series, end = series[inside], end[inside]
    x_BLF = layout.inputs_of(
        torch.from_numpy(series), torch.from_numpy(end + slip), lookback=LOOKBACK, scaler=scaler
    ).numpy()
    spread_F = np.nanstd(opened.x_NTF, axis=(0, 1))
    gap_BL = x_BLF[:, :, 0] * spread_F[0] - 0.3 * x_BLF[:, :, 1] * spread_F[1]
    y_B = opened.y_NTH[series, end, 0]
    return {delay: correlation(gap_BL[:, LOOKBACK - delay], y_B) for delay in planted.looked_at}


def positions(planted: Planted, slip: int) -> Scores:
    """Weights out of forecasts that are what each close told."""
    weights = _weights(planted, np.roll(planted.known_NT, slip, axis=1))
    return planted.scores(weights["weight"].to_numpy().reshape(-1, len(TICKERS)).T)


def earnings(planted: Planted, slip: int) -> Scores:
    """What a backtest at the close earns for who believes in that delay."""
    return {
        delay: earned(planted, believed=delay, execution="same_close", slip=slip)
        for delay in planted.looked_at
    }


def earned(planted: Planted, *, believed: int, execution: Execution, slip: int = 0) -> float:
    """The mean return of a session per deviation, for weights that are moved by `slip` sessions."""
    weights = _weights(planted, np.roll(planted.known_NT, believed - 1, axis=1))
    weights = weights.with_columns(pl.col("weight").shift(slip, fill_value=0.0).over("ticker"))
    gross = backtest(weights, planted.prices, cost_bps=0.0, execution=execution)["gross"].to_numpy()
    return float(gross.mean() / gross.std())


STAGES: dict[str, Callable[[Planted, int], Scores]] = {
    "features": features,
    "targets": targets,
    "windows": windows,
    "positions": positions,
    "backtest": earnings,
}


def misaligned(planted: Planted, slips: dict[str, int] | None = None) -> list[str]:
    """The stages at which the signal is not found at its delay, or also at another."""
    return [
        name
        for name, stage in STAGES.items()
        if not stands_out(stage(planted, (slips or {}).get(name, 0)), planted.delay)
    ]


def stands_out(scores: Scores, delay: int) -> bool:
    others = max(abs(score) for looked_at, score in scores.items() if looked_at != delay)
    return scores[delay] > 0.25 and others < 0.15


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    both = np.isfinite(one) & np.isfinite(other)
    return float(np.corrcoef(one[both], other[both])[0, 1])


def _open_windows(prices: pl.DataFrame) -> Windows:
    return build_windows(prices, build_features(prices, NAMES), Task())


def _weights(planted: Planted, told_NT: np.ndarray) -> pl.DataFrame:
    """POSITIONS of forecasts that say this."""
    said = planted.prices.select("ticker", as_of="date", horizon=1, mean=pl.Series(told_NT.ravel()))
    return build_positions(said, FLAT, horizon=1)
