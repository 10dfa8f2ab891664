"""The backtest beside pandas and vectorbt, in one run: 2,520 sessions of 500 tickers, deciles, 10 bp, rebalanced daily.

    python benchmarks/backtest.py [--peers DIR]

DIR is where the environment of vectorbt is made, once (`python -m venv`, then pip from the usual index); nothing of it
touches this one. Without it vectorbt is left out. CPU time of all threads, the shortest of a few runs.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from ml_core.portfolio.backtest import backtest, charge, run_trades, take_trades
from ml_core.portfolio.comparison import COSTS
from ml_core.portfolio.grid import Grid, grid_of, targets_of
from ml_core.portfolio.risk import sweep_costs
from ml_core.portfolio.strategies import build_positions
from ml_core.spec.experiment import Strategy

SESSIONS, TICKERS, COST_BPS = 2520, 500, 10.0
ROUNDS = 7

VECTORBT = """
import sys, time, numpy as np, pandas as pd, vectorbt as vbt
data = np.load(sys.argv[1])
close, weight, costs = pd.DataFrame(data["close"]), pd.DataFrame(data["weight"]), data["costs"]
def trade(cost):
    book = vbt.Portfolio.from_orders(close, size=weight, size_type="targetpercent", group_by=True,
        cash_sharing=True, call_seq="auto", fees=cost / 1e4, freq="1D", init_cash=1e6)
    return book.returns()
trade(costs[0])
best = 1e9
for _ in range(int(sys.argv[3])):
    began = time.process_time()
    returns = trade(costs[0])
    best = min(best, time.process_time() - began)
began = time.process_time()
swept = [np.asarray(trade(cost)) for cost in costs[1:]]
np.savez(sys.argv[2], returns=np.asarray(returns), seconds=best, sweep=time.process_time() - began,
    free=swept[0], version=vbt.__version__)
"""


def make_tables() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Prices, and forecasts that know a little."""
    rng = np.random.default_rng(0)
    move_TN = rng.normal(0, 0.01, (SESSIONS, TICKERS))
    close_TN = 100 * np.exp(np.cumsum(move_TN, axis=0))
    keys = {
        "ticker": np.tile([f"T{number:03d}" for number in range(TICKERS)], SESSIONS),
        "date": np.repeat(np.datetime64("2010-01-01") + np.arange(SESSIONS), TICKERS),
    }
    prices = pl.DataFrame({**keys, "open": close_TN.ravel(), "close": close_TN.ravel()})
    guess_TN = 0.05 * np.roll(move_TN, -1, axis=0) + rng.normal(0, 0.01, move_TN.shape)
    forecast = pl.DataFrame({**keys, "mean": guess_TN.ravel()}).rename({"date": "as_of"})
    return prices.sort("ticker", "date"), forecast.with_columns(horizon=pl.lit(1))


def with_pandas(positions: pd.DataFrame, prices: pd.DataFrame) -> pd.Series:
    """The usual way: pivot, drift, difference, all in pandas; net return of each session at its close."""
    weight = positions.pivot(index="date", columns="ticker", values="weight").shift(1).fillna(0.0)
    moved = prices.pivot(index="date", columns="ticker", values="close").pct_change().fillna(0.0)
    held = weight.shift(1).fillna(0.0)
    gross = (held * moved).sum(axis=1)
    drifted = (held * (1 + moved)).div(1 + gross, axis=0)
    turnover = (weight - drifted).abs().sum(axis=1)
    return (1 + gross) * (1 - turnover * COST_BPS / 1e4) - 1


def best(run: Callable[[], Any], times: int = ROUNDS) -> tuple[float, Any]:
    """The shortest of a few runs, in CPU seconds, and what the last gave."""
    seconds, result = float("inf"), None
    for _ in range(times):
        began = time.process_time()
        result = run()
        seconds = min(seconds, time.process_time() - began)
    return seconds, result


def on_matrices(panel: Grid, positions: pl.DataFrame, cost_bps: float = COST_BPS) -> Callable[[], np.ndarray]:
    """What vectorbt is given, prices and wanted weights as matrices, to net returns."""
    decided_K, target_KN = targets_of(positions, panel)

    def run() -> np.ndarray:
        trades = take_trades(panel, decided_K, target_KN, "next_close")
        gross, turnover, _ = run_trades(panel, trades, SESSIONS - 1)
        return charge(gross, turnover, cost_bps)

    return run


def with_vectorbt(positions: pl.DataFrame, prices: pl.DataFrame, folder: Path) -> dict[str, np.ndarray]:
    """The same orders in an environment of its own: returns, CPU seconds of one run and of the sweep."""
    python = folder / "vectorbt" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "vectorbt"], check=True)
    shape = (SESSIONS, TICKERS)
    decided_TN = positions.sort("date", "ticker")["weight"].to_numpy().reshape(shape)
    weight_TN = np.vstack([np.zeros((1, TICKERS)), decided_TN[:-1]])
    close_TN = prices.sort("date", "ticker")["close"].to_numpy().reshape(shape)
    with tempfile.TemporaryDirectory() as made:
        given, found = Path(made) / "in.npz", Path(made) / "out.npz"
        np.savez(given, close=close_TN, weight=weight_TN, costs=np.array([COST_BPS, *COSTS], dtype=float))
        subprocess.run([str(python), "-c", VECTORBT, str(given), str(found), str(ROUNDS)], check=True)
        return dict(np.load(found))


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--peers", type=Path, help="folder of the environment that vectorbt runs in")
    asked = options.parse_args()
    prices, forecast = make_tables()
    sizing, positions = best(lambda: build_positions(forecast, Strategy(quantile=0.1), horizon=1))
    panel = grid_of(prices, tuple(sorted(positions["ticker"].unique())))
    engine, net = best(on_matrices(panel, positions))
    whole, table = best(lambda: backtest(positions, prices, cost_bps=COST_BPS, execution="next_close"))
    swept, _ = best(lambda: sweep_costs(table, COSTS, periods_per_year=252))
    frames = positions.to_pandas(), prices.to_pandas()
    in_pandas, theirs = best(lambda: with_pandas(*frames), times=3)
    print("| | CPU ms | of ours | apart |")
    print("|---|--:|--:|--:|")
    print(f"| ours, on matrices | {engine * 1e3:.0f} | 1.0 | |")

    def tell(name: str, seconds: float, returns: np.ndarray, beside: float) -> None:
        apart = np.abs(returns - net).max()
        print(f"| {name} | {seconds * 1e3:.0f} | {seconds / beside:.1f} | {apart:.0e} |")

    tell("ours, from long tables, with a benchmark", whole, table["net"].to_numpy(), engine)
    tell("pandas, from long tables", in_pandas, theirs.to_numpy()[1:], engine)
    peer = with_vectorbt(positions, prices, asked.peers) if asked.peers else None
    if peer:
        tell(f"vectorbt {peer['version']}, on matrices", float(peer["seconds"]), peer["returns"][1:], engine)
        free = np.abs(peer["free"][1:] - on_matrices(panel, positions, 0.0)()).max()
        print(f"| the same without costs | | | {free:.0e} |")
    print(f"| {len(COSTS)} cost levels, ours, in one pass | {swept * 1e3:.1f} | | |")
    if peer:
        print(f"| {len(COSTS)} cost levels, vectorbt, one run each | {float(peer['sweep']) * 1e3:.0f} | | |")
    print(f"| positions from 1,260,000 forecasts | {sizing * 1e3:.0f} | | |")


if __name__ == "__main__":
    main()
