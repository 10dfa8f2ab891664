"""A folder of files of every shape, with every defect that a check knows planted in one of them."""

import datetime as dt
import hashlib
from pathlib import Path

import polars as pl

from ml_core.data.intake.refresh import refresh
from ml_core.data.intake.refreshed import Refreshed
from ml_core.data.store.store import Store, open_store
from ml_core.frames import BARS
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment
from tests.contracts.planted_bars import EVERY
from tests.data.refreshing import after
from tests.data.sound_bars import DATES, make_sound

PRICES = ("open", "high", "low", "close", "adj_close", "dividend")
TICKERS = tuple(name.upper() for name in sorted(EVERY))
ADJUSTED = ("ADJUSTED_CLOSE_DISAGREES", "UNEXPLAINED_JUMP", "SPIKE")
TEXTS = TICKERS[::3]


def spoilt_bars() -> dict[str, pl.DataFrame]:
    """Bars by ticker, in cents and hundredths of them: what is read of a text is what was meant."""
    sound = make_sound()
    planted = {name.upper(): EVERY[name].spoilt(sound) for name in EVERY}
    return {
        ticker: planted[ticker].with_columns(pl.col(PRICES).round(4), ticker=pl.lit(ticker))
        for ticker in TICKERS
    }


def write_mixed(folder: Path, bars: dict[str, pl.DataFrame], *, until: dt.date) -> None:
    """Some as text, some with moments, some under other names, some with nothing but an adjusted close of actions."""
    folder.mkdir(exist_ok=True)
    for place, (ticker, rows) in enumerate(bars.items()):
        table = rows.filter((pl.col("date") <= until) | pl.col("date").is_null()).drop("basis")
        if ticker in ADJUSTED:
            table = table.drop("dividend", "split").with_columns(
                pl.col("adj_close").fill_null(pl.col("close"))
            )
        if place % 4 == 1:
            table = table.with_columns(pl.col("date").cast(pl.Datetime("us")))
        if place % 4 == 2:
            table = table.drop("ticker").rename({"close": "Close", "volume": "Vol"})
        if ticker in TEXTS:
            table.write_csv(folder / f"{ticker}.csv")
        else:
            table.write_parquet(folder / f"{ticker}.parquet")


def make_experiment(folder: Path, **quality) -> Experiment:
    data = {"source": "files", "files": {"path": str(folder)}, "quality": {"limit": 1.0, **quality}}
    return Experiment.model_validate({"name": "x", "universe": {"tickers": list(TICKERS)}, "data": data})


def take_in(folder: Path, home: Home, *, session: dt.date, **quality) -> Refreshed:
    return refresh(make_experiment(folder, **quality), home, now=after(session))


def told(store: Store) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Bars and findings as they are stored, but for when each was first seen."""
    return store.bars.read().select(list(BARS)), store.findings.read().drop("observed_at")


def opened(folder: Path, home: Home) -> Store:
    return open_store(make_experiment(folder), home)


def digest(*tables: pl.DataFrame) -> str:
    text = "".join(table.write_csv() for table in tables)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


LAST = DATES[371]
EARLIER = DATES[371 - 14]
