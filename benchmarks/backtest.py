"""The backtest beside plain pandas, in one run: 2,520 sessions of 500 tickers, deciles, 10 bp, rebalanced daily.

    python benchmarks/backtest.py [--vectorbt]

`--vectorbt` makes an environment of its own in a temporary folder, installs vectorbt there and times it on the
same tables; nothing of it touches this one.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from ml_core.experiment import Strategy
from ml_core.portfolio.backtest import backtest, run_trades, take_trades
from ml_core.portfolio.panel import panel_of, targets_of
from ml_core.portfolio.risk import sweep_costs
from ml_core.portfolio.strategies import build_positions

SESSIONS, TICKERS, COST_BPS = 2520, 500, 10.0

VECTORBT = """
import sys, time, numpy as np, pandas as pd, vectorbt as vbt
data = np.load(sys.argv[1])
close, weight, cost = pd.DataFrame(data["close"]), pd.DataFrame(data["weight"]), float(data["cost"])
best = 1e9
for _ in range(4):
    began = time.perf_counter()
    book = vbt.Portfolio.from_orders(close, size=weight, size_type="targetpercent", group_by=True,
        cash_sharing=True, call_seq="auto", fees=cost / 1e4, freq="1D", init_cash=1e6)
    returns = book.returns()
    best = min(best, time.perf_counter() - began)
np.savez(sys.argv[2], returns=np.asarray(returns), seconds=best)
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


def best(run: Callable[[], Any], times: int = 4) -> tuple[float, Any]:
    """The shortest of a few runs, in seconds, and what the last gave."""
    seconds, result = float("inf"), None
    for _ in range(times):
        began = time.perf_counter()
        result = run()
        seconds = min(seconds, time.perf_counter() - began)
    return seconds, result


def with_vectorbt(positions: pl.DataFrame, prices: pl.DataFrame) -> tuple[float, np.ndarray] | None:
    """The same, in an environment of its own; none where it does not install."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        venv.create(home / "env", with_pip=True)
        python = str(home / "env" / "bin" / "python")
        installed = subprocess.run([python, "-m", "pip", "install", "--quiet", "vectorbt"], check=False)
        if installed.returncode:
            return None
        shape = (SESSIONS, TICKERS)
        decided_TN = positions.sort("date", "ticker")["weight"].to_numpy().reshape(shape)
        weight_TN = np.vstack([np.zeros((1, TICKERS)), decided_TN[:-1]])
        close_TN = prices.sort("date", "ticker")["close"].to_numpy().reshape(shape)
        np.savez(home / "in.npz", close=close_TN, weight=weight_TN, cost=COST_BPS)
        command = [python, "-c", VECTORBT, str(home / "in.npz"), str(home / "out.npz")]
        if subprocess.run(command, check=False).returncode:
            return None
        found = np.load(home / "out.npz")
        return float(found["seconds"]), found["returns"]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--vectorbt", action="store_true")
    asked = options.parse_args()
    prices, forecast = make_tables()
    sizing, positions = best(lambda: build_positions(forecast, Strategy(quantile=0.1), horizon=1))
    ours, table = best(lambda: backtest(positions, prices, cost_bps=COST_BPS, execution="next_close"))
    frames = positions.to_pandas(), prices.to_pandas()
    panel = panel_of(prices, tuple(sorted(positions["ticker"].unique())))
    trades = take_trades(panel, *targets_of(positions, panel), "next_close")
    engine, _ = best(lambda: run_trades(panel, trades, SESSIONS - 1))
    theirs, net = best(lambda: with_pandas(*frames))
    apart = np.abs(net.to_numpy()[1:] - table["net"].to_numpy()).max()
    print(f"positions                    {sizing * 1e3:7.0f} ms")
    print(f"backtest, with benchmark     {ours * 1e3:7.0f} ms   from long tables to a table")
    print(f"its engine, on matrices      {engine * 1e3:7.0f} ms")
    print(
        f"pandas, without              {theirs * 1e3:7.0f} ms   {theirs / ours:.1f} x ours, {apart:.0e} apart"
    )
    swept, _ = best(lambda: sweep_costs(table, range(20), periods_per_year=252))
    print(f"20 cost levels               {swept * 1e3:7.1f} ms")
    if asked.vectorbt:
        found = with_vectorbt(positions, prices)
        if found is None:
            sys.exit("vectorbt did not install or did not run here")
        apart = np.abs(found[1][1:] - table["net"].to_numpy()).max()
        faster = f"{found[0] / engine:.1f} x the engine"
        print(f"vectorbt, automatic order    {found[0] * 1e3:7.0f} ms   {faster}, {apart:.0e} apart")


if __name__ == "__main__":
    main()
