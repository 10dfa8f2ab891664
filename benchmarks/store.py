"""The price store beside pandas with CSV and with Parquet, in one run: 500 tickers over 20 years.

    python benchmarks/store.py [--tickers 500] [--years 20] [--folder DIR]

Each writes everything, adds one session to what stands, and reads a year of ten tickers as of a past date; bytes
are what the added session cost on disk. The store also keeps every version, checks keys and the checksums of what it
reads; the others do not. Then, of the store alone, what a refresh asks of it, in CPU seconds of a process of its own:
`first` is with the checksums of the files that are read, `again` without.
"""

import argparse
import datetime as dt
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from ml_core.data.store.bars import BarTable
from ml_core.data.store.datafiles import _whole
from ml_core.frames import BARS, conform

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SESSIONS_A_YEAR = 252
ASKED = 10


def make_bars(tickers: int, sessions: int) -> pl.DataFrame:
    """Bars with prices of two decimals, as exchanges print them."""
    rng = np.random.default_rng(0)
    days = np.arange(np.datetime64("2004-01-01"), np.datetime64("2026-01-01"), dtype="datetime64[D]")
    days = days[np.is_busday(days)][:sessions]
    close = np.round(
        50 * np.exp(np.cumsum(rng.normal(0, 0.012, (tickers, len(days))), axis=1)) + 1, 2
    ).ravel()
    return conform(
        pl.DataFrame(
            {
                "ticker": np.repeat([f"T{place:03d}" for place in range(tickers)], len(days)),
                "date": np.tile(days, tickers),
                "open": np.round(close * 0.999, 2),
                "high": np.round(close * 1.01, 2),
                "low": np.round(close * 0.99, 2),
                "close": close,
                "volume": rng.integers(100_000, 10_000_000, close.size).astype(float),
                "dividend": 0.0,
                "split": 1.0,
                "adj_close": close,
                "basis": "split_adjusted",
            }
        ),
        BARS,
        "bars",
    )


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


class Store:
    """The product's own."""

    name = "candorcast store (Delta)"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = BarTable(folder / "bars" / "bench")

    def write(self, bars: pl.DataFrame) -> None:
        self.store.write(bars, observed_at=NOW)

    add = write

    def read(self, tickers: list[str], until: dt.date) -> int:
        return self.store.prices(tuple(tickers), until=until).height


class Pandas:
    """One file that is read, extended without doubles, sorted and written again; factors on read as the store's."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.kind, self.name = folder, kind, f"pandas + {kind.upper()}"
        self.file = folder / f"bars.{kind}"

    def write(self, bars: pl.DataFrame) -> None:
        self._save(bars.to_pandas())

    def add(self, bars: pl.DataFrame) -> None:
        both = pd.concat([self._load(), bars.to_pandas()])
        both["date"] = pd.to_datetime(both["date"])
        self._save(both.drop_duplicates(["ticker", "date"], keep="last").sort_values(["ticker", "date"]))

    def read(self, tickers: list[str], until: dt.date) -> int:
        table = self._load()
        table = table[table["ticker"].isin(tickers) & (table["date"] <= pd.Timestamp(until))]
        paid = 1 + table["dividend"] / table["close"]
        table = table.assign(factor=paid.groupby(table["ticker"]).cumprod())
        return len(table.assign(close=table["close"] * table["factor"]))

    def _load(self) -> Any:
        if self.kind == "csv":
            return pd.read_csv(self.file, parse_dates=["date"])
        table = pd.read_parquet(self.file)
        table["date"] = pd.to_datetime(table["date"])
        return table

    def _save(self, table: pd.DataFrame) -> None:
        if self.kind == "csv":
            table.to_csv(self.file, index=False)
        else:
            table.to_parquet(self.file)


def measure(kind: Store | Pandas, history: pl.DataFrame, session: pl.DataFrame) -> dict[str, object]:
    wrote = timed(lambda: kind.write(history))
    before = {path: path.stat().st_mtime_ns for path in kind.folder.rglob("*") if path.is_file()}
    size = bytes_in(kind.folder)
    added = timed(lambda: kind.add(session))
    touched = sum(
        path.stat().st_size
        for path in kind.folder.rglob("*")
        if path.is_file() and before.get(path) != path.stat().st_mtime_ns
    )
    again = timed(lambda: kind.add(session))
    tickers = history["ticker"].unique().sort().to_list()[:ASKED]
    until = history["date"].unique().sort()[-SESSIONS_A_YEAR]
    reads = [timed(lambda: kind.read(tickers, until)) for _ in range(3)]
    everything = timed(lambda: kind.read(history["ticker"].unique().to_list(), until))
    return {
        "": kind.name,
        "write s": wrote,
        "on disk MB": size / 1e6,
        "add a session s": added,
        "written KB": touched / 1e3,
        "add it again s": again,
        f"read {ASKED} as of s": min(reads),
        "read all as of s": everything,
    }


def ask_store(folder: Path) -> None:
    """What a refresh asks, each in the order it does; printed by a process that has read nothing before."""
    store = BarTable(folder / "bars" / "bench")
    names = tuple(store.spans())
    _whole.clear()
    asked: dict[str, Callable[[], object]] = {
        "version": store.version,
        "spans of all tickers": store.spans,
        "last 300 bars of each": lambda: store.tail(names, 300),
        "10 tickers, all years": lambda: store.read(names[:10]),
        "everything": store.read,
    }
    rows = []
    for name, work in asked.items():
        _whole.clear()
        rows.append({"": name, "first, CPU s": on_cpu(work), "again, CPU s": on_cpu(work)})
    session = store.tail(names, 1).with_columns(pl.col("date") + pl.duration(days=3))
    before = bytes_in(folder)
    rows.append({"": "add a session", "first, CPU s": on_cpu(lambda: store.write(session, observed_at=NOW)),
                 "again, CPU s": on_cpu(lambda: store.write(session, observed_at=NOW))})  # fmt: skip
    print(pl.DataFrame(rows), f"added to the disk: {(bytes_in(folder) - before) / 1e3:.1f} KB")


def write_first(tickers: int, years: int, folder: Path) -> None:
    """The first write in a process of its own, for its peak of memory above the rows."""
    bars = make_bars(tickers, years * SESSIONS_A_YEAR)
    before = peak_memory()
    spent = on_cpu(lambda: BarTable(folder / "bars" / "bench").write(bars, observed_at=NOW))
    peak = peak_memory()
    print(
        f"first write of {bars.height:,} bars ({bars.estimated_size() / 1e6:.0f} MB): {spent:.2f} CPU s, "
        f"peak {peak:.0f} MB, {peak - before:.0f} above that of making them"
    )


def on_cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def peak_memory() -> float:
    """In MB, as Linux counts it for this process; `getrusage` counts what came before it too."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    return int(line.split()[1]) / 1e3


def alone(work: Callable[..., None], *given: object) -> None:
    """In a fresh process."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=given)
    process.start()
    process.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tickers", type=int, default=500)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--folder", type=Path, help="where to write; default a temporary folder")
    asked = parser.parse_args()
    bars = make_bars(asked.tickers, asked.years * SESSIONS_A_YEAR + 1)
    last = bars["date"].max()
    history, session = bars.filter(pl.col("date") < last), bars.filter(pl.col("date") == last)
    print(f"{history.height:,} bars, one session of {session.height}")
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        kinds = [Store(Path(folder) / "store")]
        kinds += [Pandas(Path(folder) / kind, kind) for kind in ("parquet", "csv")]
        for kind in kinds:
            kind.folder.mkdir()
        rows = [measure(kind, history, session) for kind in kinds]
    with pl.Config(tbl_cols=-1, tbl_width_chars=160, float_precision=3, tbl_hide_column_data_types=True):
        print(pl.DataFrame(rows))
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            alone(write_first, asked.tickers, asked.years, Path(folder))
            alone(ask_store, Path(folder))


if __name__ == "__main__":
    main()
