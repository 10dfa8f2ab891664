"""What it costs to read bars from one large file, against reading that file and doing nothing with it.

Drawn: daily bars of so many tickers with quarterly dividends that show in the adjusted close alone, as one Parquet and
as one CSV. Each reading runs in a process of its own. Printed: processor seconds, and by how much the resident memory
rose at most; then the ratio to `pl.read_parquet` or `pl.read_csv` of the same file in the same run.

    python benchmarks/files.py [--tickers 500] [--sessions 5000]
"""

import argparse
import datetime as dt
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from ml_core.data.providers import Request, files

NOW = dt.datetime(2040, 1, 2, tzinfo=dt.UTC)
QUARTER = 63


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--tickers", type=int, default=500)
    arguments.add_argument("--sessions", type=int, default=5000)
    asked = arguments.parse_args()
    tickers = tuple(f"T{number:04d}" for number in range(asked.tickers))
    with tempfile.TemporaryDirectory() as folder:
        parquet, text = Path(folder) / "bars.parquet", Path(folder) / "bars.csv"
        apart(draw, tickers, asked.sessions, parquet, text)
        for file, plain in ((parquet, pl.read_parquet), (text, pl.read_csv)):
            base = show(f"{plain.__name__} {file.suffix}", apart(cost, plain, file))
            show("fetch, all tickers", apart(cost, fetch, file, tickers), base)
            show("fetch, one ticker", apart(cost, fetch, file, tickers[:1]), base)
            show("fingerprint", apart(cost, fingerprint, file, tickers), base)


def draw(tickers: tuple[str, ...], sessions: int, *places: Path) -> None:
    rng = np.random.default_rng(0)
    days = np.busday_offset(np.datetime64("2005-01-03"), np.arange(sessions))
    close = np.round(50 * np.exp(np.cumsum(rng.normal(0, 0.01, (len(tickers), sessions)), axis=1)), 2)
    kept = np.where(np.arange(sessions) % QUARTER == 0, 0.995, 1.0)
    later = np.append(np.cumprod(kept[::-1])[::-1][1:], 1.0)
    table = pl.DataFrame(
        {
            "date": np.tile(days, len(tickers)),
            "ticker": np.repeat(tickers, sessions),
            **{name: (close * share).round(2).ravel() for name, share in
               {"open": 1.0, "high": 1.01, "low": 0.99, "close": 1.0}.items()},
            "adj_close": (close * later).round(6).ravel(),
            "volume": rng.integers(10**5, 10**7, close.size),
        }
    )  # fmt: skip
    table.write_parquet(places[0])
    table.write_csv(places[1])


def fetch(file: Path, tickers: tuple[str, ...]) -> None:
    fetched = files.fetch(request(tickers), files.Config(path=file))
    assert all(outcome.status == "ok" for outcome in fetched.outcomes.values())


def fingerprint(file: Path, tickers: tuple[str, ...]) -> None:
    files.fingerprint(request(tickers), files.Config(path=file))


def request(tickers: tuple[str, ...]) -> Request:
    return Request(tickers, {}, "data", None, None, NOW)


def cost(read: Callable, *given: object) -> tuple[float, float]:
    before, begun = peak(), time.process_time()
    read(*given)
    return time.process_time() - begun, peak() - before


def peak() -> float:
    """The most that this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def apart(function: Callable, *given: object) -> tuple[float, float]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, given)


def show(
    name: str, spent: tuple[float, float], base: tuple[float, float] | None = None
) -> tuple[float, float]:
    seconds, memory = spent
    ratio = f"  {seconds / base[0]:5.1f} and {memory / base[1]:4.1f} times" if base else ""
    print(f"{name:24} {seconds:7.3f} CPU s  +{memory:6,.0f} MB{ratio}")
    return spent


if __name__ == "__main__":
    main()
