"""Writes forecasts to the store and reads them back: one row per model version, ticker, session and horizon."""

import datetime as dt

import polars as pl

from ml_core.data.store import tables
from ml_core.data.store.tables import Written
from ml_core.frames import FORECAST, conform, unique
from ml_core.home.settings import Home

KEY = ["ticker", "as_of", "horizon", "version"]


def write_forecast(home: Home, model_name: str, forecast: pl.DataFrame) -> Written:
    """Merge by key: the same forecast written twice stands there once."""
    rows = unique(conform(forecast, FORECAST, "forecast"), KEY, "forecast")
    return tables.merge(home.store / "forecasts" / model_name, rows, KEY)


def read_forecast(home: Home, model_name: str, *, as_of: dt.date | None = None) -> pl.DataFrame:
    """Every stored forecast of the model, or those of one session."""
    folder = home.store / "forecasts" / model_name
    rows = tables.read(folder)
    if rows is None:
        return pl.DataFrame(schema=FORECAST)
    chosen = rows if as_of is None else rows.filter(pl.col("as_of") == as_of)
    return conform(tables.gather(chosen, folder), FORECAST, "forecast").sort(KEY)
