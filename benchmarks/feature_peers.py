"""The other side of benchmarks/features.py: pandas, `ta` and qlib on the same bars, each in a process of its own.

    python benchmarks/feature_peers.py pandas|ta|qlib BARS.parquet OUT.parquet [TICKERS]

Prints one JSON line: cells, seconds, CPU seconds, peak memory. `ta` and qlib live in another environment than ours,
so this file needs nothing of this project.
"""

import importlib
import json
import math
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

TINY = 1e-6
FIELDS = ("open", "high", "low", "close", "volume", "vwap")


def with_pandas(bars: pd.DataFrame) -> pd.DataFrame:
    """The 40 simple features of benchmarks/features.py by groupby and rolling, in single precision at the end."""
    out: dict[str, np.ndarray] = {}
    ticker = pd.Series(bars["ticker"].to_numpy())
    closes, highs, lows, volumes = (
        pd.Series(bars[name].to_numpy()) for name in ("close", "high", "low", "volume")
    )
    level, activity = pd.Series(np.log(closes)), pd.Series(np.log1p(volumes))
    change = level.groupby(ticker, sort=False).diff()
    size, squared = change.abs(), pd.Series(np.log(highs / lows) ** 2)

    def roll(column: pd.Series, window: int, how: str) -> np.ndarray:
        return getattr(column.groupby(ticker, sort=False).rolling(window), how)().to_numpy()

    def smooth(column: pd.Series, span: int, least: int) -> np.ndarray:
        return column.groupby(ticker, sort=False).ewm(span=span, min_periods=least).mean().to_numpy()

    def keep(name: str, values: Any) -> None:
        out[name] = np.asarray(values, dtype=np.float32)

    for window in (1, 5, 10, 20, 60):
        keep(f"momentum_{window}", level.groupby(ticker, sort=False).diff(window))
    for window in (5, 10, 20, 60, 120):
        keep(f"volatility_{window}", np.log(roll(change, window, "std") + TINY))
    for window in (10, 20, 50, 100):
        gap = level.to_numpy() - roll(level, window, "mean")
        keep(f"sma_gap_{window}", gap)
        keep(f"z_score_{window}", gap / (roll(level, window, "std") + TINY))
    for window in (20, 60):
        lowest, highest = roll(level, window, "min"), roll(level, window, "max")
        keep(f"range_position_{window}", (level.to_numpy() - lowest) / (highest - lowest))
        keep(f"high_gap_{window}", level.to_numpy() - highest)
        if window == 60:
            keep(f"low_gap_{window}", level.to_numpy() - lowest)
    close = closes.to_numpy()
    for span in (5, 10, 20, 40):
        keep(f"ema_gap_{span}", close / smooth(closes, span, span) - 1)
    keep("macd", (smooth(closes, 12, 26) - smooth(closes, 26, 26)) / close)
    for window in (2, 5, 14, 28, 60):
        net = level.groupby(ticker, sort=False).diff(window).to_numpy()
        keep(f"rsi_{window}", 0.5 * net / (roll(size, window, "sum") + 1e-9))
    for window in (5, 20, 60):
        mean, spread = roll(activity, window, "mean"), roll(activity, window, "std")
        keep(f"volume_surprise_{window}", (activity.to_numpy() - mean) / (spread + 1e-3))
    for window in (5, 14):
        bottom, top = roll(lows, window, "min"), roll(highs, window, "max")
        keep(f"stochastic_{window}", (close - bottom) / (top - bottom))
    for window in (10, 20):
        keep(f"parkinson_{window}", np.log(np.sqrt(roll(squared, window, "mean") / (4 * math.log(2))) + TINY))
    return pd.DataFrame(out)


def with_ta(bars: pd.DataFrame) -> pd.DataFrame:
    """Forty indicators of the library `ta`, as near to those forty as it has them, ticker by ticker."""
    trend, momentum, volatility = (
        importlib.import_module(f"ta.{name}") for name in ("trend", "momentum", "volatility")
    )
    parts = []
    for _, one in bars.groupby("ticker", sort=False):
        close, high, low, volume = one["close"], one["high"], one["low"], one["volume"]
        out = {f"roc{window}": momentum.roc(close, window) for window in (1, 5, 10, 20, 60)}
        for window in (10, 20, 50, 100):
            bands = volatility.BollingerBands(close, window)
            out |= {
                f"sma{window}": trend.sma_indicator(close, window),
                f"place{window}": bands.bollinger_pband(),
            }
            out |= {f"width{window}": bands.bollinger_wband()}
        for window in (20, 60):
            channel = volatility.DonchianChannel(high, low, close, window)
            out |= {
                f"in{window}": channel.donchian_channel_pband(),
                f"top{window}": channel.donchian_channel_hband(),
            }
            out |= {f"bottom{window}": channel.donchian_channel_lband()}
        out |= {f"ema{window}": trend.ema_indicator(close, window) for window in (5, 10, 20, 40)}
        out |= {"macd": trend.macd(close), "atr10": volatility.average_true_range(high, low, close, 10)}
        out |= {"atr20": volatility.average_true_range(high, low, close, 20)}
        out |= {f"rsi{window}": momentum.rsi(close, window) for window in (2, 5, 14, 28, 60)}
        out |= {f"volume{window}": trend.sma_indicator(volume, window) for window in (5, 20, 60)}
        out |= {f"stochastic{window}": momentum.stoch(high, low, close, window) for window in (5, 14)}
        parts.append(pd.DataFrame(out).astype(np.float32))
    return pd.concat(parts)


def with_qlib(bars: pd.DataFrame) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """qlib's own Alpha158 without the 15 places of extremes, from its own store of these bars, in one process."""
    qlib, loader = importlib.import_module("qlib"), importlib.import_module("qlib.contrib.data.loader")
    data = importlib.import_module("qlib.data")
    folder = Path(tempfile.mkdtemp(prefix="qlib-bars-"))
    tickers = _store(bars, folder)
    qlib.init(provider_uri=str(folder), region="us", kernels=1, expression_cache=None, dataset_cache=None)
    price = {"windows": [0], "feature": ["OPEN", "HIGH", "LOW", "VWAP"]}
    fields, names = loader.Alpha158DL.get_feature_config({"kbar": {}, "price": price, "rolling": {}})
    wanted = {
        name: field
        for name, field in zip(names, fields, strict=True)
        if name[:4] not in ("IMAX", "IMIN", "IMXD")
    }

    def build(_: pd.DataFrame) -> pd.DataFrame:
        table = data.D.features(tickers, list(wanted.values()), freq="day")
        table.columns = list(wanted)
        return table

    return build


def _store(bars: pd.DataFrame, folder: Path) -> list[str]:
    """The bars in qlib's format: a calendar, a list of instruments, one file of floats a field."""
    days = sorted(bars["date"].unique())
    stamps = [pd.Timestamp(day).strftime("%Y-%m-%d") for day in days]
    for name, lines in (
        ("calendars/day.txt", stamps),
        ("instruments/all.txt", [f"{one}\t{stamps[0]}\t{stamps[-1]}" for one in bars["ticker"].unique()]),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    bars = bars.assign(vwap=(bars["high"] + bars["low"] + bars["close"]) / 3)
    for ticker, one in bars.groupby("ticker", sort=False):
        home = folder / "features" / str(ticker).lower()
        home.mkdir(parents=True)
        for field in FIELDS:
            np.hstack([[0], one[field].to_numpy()]).astype("<f4").tofile(home / f"{field}.day.bin")
    return list(bars["ticker"].unique())


def measure(build: Callable[[Any], Any], bars: Any) -> tuple[Any, dict[str, float]]:
    """What came of it, and what it cost: CPU and memory of this process and of those that it started."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, spent = time.perf_counter(), _cpu()
    made = build(bars)
    return made, {
        "wall": time.perf_counter() - wall,
        "cpu": _cpu() - spent,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "before_gb": before / 2**20,
    }


def _cpu() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def main(peer: str, source: str, target: str, tickers: str = "") -> None:
    bars = pd.read_parquet(source)
    if tickers:
        bars = bars.loc[bars["ticker"].isin(sorted(bars["ticker"].unique())[: int(tickers)])]
    build = with_qlib(bars) if peer == "qlib" else {"pandas": with_pandas, "ta": with_ta}[peer]
    made, cost = measure(build, bars)
    rows, columns = made.shape
    made.head(10_000).astype(np.float32).reset_index(drop=True).to_parquet(target)
    print(json.dumps({"rows": rows, "columns": columns, **cost}))


if __name__ == "__main__":
    main(*sys.argv[1:])
