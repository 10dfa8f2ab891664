"""Writes answers to the store and reads them back: one row per model version, ticker, session and horizon."""

import datetime as dt

import polars as pl

from ml_core.data.store import tables
from ml_core.data.store.tables import Written
from ml_core.frames import ANSWERED, conform, unique
from ml_core.home.settings import Home

KEY = ["ticker", "as_of", "horizon", "version"]


def write_forecast(home: Home, model_name: str, answered: pl.DataFrame) -> Written:
    """Merge by key: the same answer written twice stands there once."""
    rows = unique(conform(answered, ANSWERED, "forecast"), KEY, "forecast")
    return tables.merge(home.store / "forecasts" / model_name, rows, KEY)


def read_forecast(home: Home, model_name: str, *, as_of: dt.date | None = None) -> pl.DataFrame:
    """Every stored answer of the model, or those of one session. Rows of before answers told what is proven lack it."""
    folder = home.store / "forecasts" / model_name
    rows, blank = tables.read(folder), pl.DataFrame(schema=ANSWERED)
    if rows is None:
        return blank
    chosen = rows if as_of is None else rows.filter(pl.col("as_of") == as_of)
    stored = pl.concat([blank, tables.gather(chosen, folder)], how="diagonal")
    return conform(stored, ANSWERED, "forecast").sort(KEY)
