"""The markets of benchmarks/distribution.py: simulated clustering, the same with jumps that begin half way through the
test, and ten ETFs out of a folder of Parquet files."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from ml_core.data.providers import Request, simulated
from ml_core.data.store.bars import adjust

ETFS = ("SPY", "QQQ", "IWM", "EFA", "EEM", "TLT", "GLD", "VNQ", "HYG", "LQD")
SIMULATED = tuple(f"T{number:02d}" for number in range(20))
JUMPS, JUMP_SIZE = 0.08, 0.045


def markets(folder: Path | None) -> Iterator[tuple[str, pl.DataFrame, int]]:
    """Each market's name, prices and number of yearly folds."""
    config = simulated.Config(seed=41, sessions=2900, signal="none")
    now = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    clustering = adjust(simulated.fetch(Request(SIMULATED, {}, "XNYS", None, None, now), config).bars)
    yield "simulated clustering", clustering, 5
    yield "simulated, jumps from half way", with_jumps(clustering, after=2900 - 627), 5
    if folder:
        yield "ten ETFs", read_folder(folder), 7


def with_jumps(prices: pl.DataFrame, *, after: int) -> pl.DataFrame:
    """After that many sessions of calm each ticker jumps on one session in twelve, whatever its volatility."""
    rng = np.random.default_rng(0)
    jumps = (rng.random(prices.height) < JUMPS) * rng.normal(0, JUMP_SIZE, prices.height)
    jumped = prices.sort("ticker", "date").with_columns(jump=jumps)
    begun = pl.int_range(pl.len()).over("ticker") >= after
    shift = pl.when(begun).then(pl.col("jump")).otherwise(0.0).cum_sum().over("ticker")
    bars = [pl.col(name) * shift.exp() for name in ("high", "low", "close")]
    before = shift.shift(1, fill_value=0.0).over("ticker")
    moved = jumped.with_columns(*bars, open=pl.col("open") * before.exp())
    return moved.with_columns(
        high=pl.max_horizontal("open", "high", "close"), low=pl.min_horizontal("open", "low", "close")
    ).drop("jump")


def read_folder(folder: Path) -> pl.DataFrame:
    """The ETFs' bars in any of the folder's files, adjusted by their adjusted close."""
    columns = ["ticker", "date", "open", "high", "low", "close", "adj_close"]
    tables = [pl.read_parquet(path, columns=columns) for path in sorted(folder.glob("*.parquet"))]
    bars = pl.concat(table.filter(pl.col("ticker").is_in(ETFS)) for table in tables)
    factor = pl.col("adj_close") / pl.col("close")
    adjusted = [pl.col(name) * factor for name in ("open", "high", "low", "close")]
    return bars.unique(["ticker", "date"]).with_columns(*adjusted, factor=factor).sort("ticker", "date")
