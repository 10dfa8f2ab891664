"""Writes answers to the store and reads them back: one row per model version, ticker, session and horizon. What was
written first stands for ever, with the time of writing: it is what is scored. What is said otherwise later is kept
apart."""

import datetime as dt
from typing import Any

import polars as pl

from ml_core.data.store import tables
from ml_core.data.store.tables import Written
from ml_core.frames import ANSWERED, FORECAST, KEPT, conform, unique
from ml_core.home.bucket import Place
from ml_core.home.settings import Home

KEY = ["ticker", "as_of", "horizon", "version"]
SAID = [name for name in FORECAST if name not in KEY]


def write_forecast(
    home: Home,
    model_name: str,
    answered: pl.DataFrame,
    *,
    written: dt.datetime,
    live: bool,
    bars: int | None = None,
    by: str | None = None,
) -> Written:
    """A key that stands there already is not written again. `live`: no outcome of these rows could be known yet;
    `bars`: the version of the stored bars that they were made from; `by`: the command or flow run that writes them."""
    rows = unique(conform(answered, ANSWERED, "forecast"), KEY, "forecast").with_columns(
        written=pl.lit(written.astimezone(dt.UTC), KEPT["written"]),
        live=pl.lit(live),
        bars=pl.lit(bars, KEPT["bars"]),
        by=pl.lit(by, KEPT["by"]),
    )
    stored = _read(home.forecasts(model_name), (rows["as_of"].min(), rows["as_of"].max()))
    beside = rows.join(stored.select(*KEY, *SAID), on=KEY, how="inner", suffix="__first")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}__first")) for name in SAID)
    _keep_later(home, model_name, beside.filter(differs).select(rows.columns))
    stands = tuple(
        name for name in rows.columns if name not in KEY
    )  # whatever another says of a key meanwhile
    return tables.merge(home.forecasts(model_name), rows, KEY, ignore=stands)


def read_forecast(
    home: Home, model_name: str, *, as_of: dt.date | None = None, since: dt.date | None = None
) -> pl.DataFrame:
    """KEPT: every stored answer of the model, or those of one session, or from one on, as they were written first. Rows
    of before answers told what is proven, or when they were written, lack it."""
    chosen = _read(home.forecasts(model_name), (as_of or since, as_of))
    return chosen.with_columns(pl.col("live").fill_null(value=False)).sort(KEY)


def read_later(home: Home, model_name: str) -> pl.DataFrame:
    """KEPT: what was said otherwise after the first writing, each saying once."""
    return _read(home.forecasts(model_name, later=True)).sort(*KEY, "written")


def _keep_later(home: Home, model_name: str, rows: pl.DataFrame) -> None:
    known = read_later(home, model_name).select(*KEY, *SAID)
    fresh = rows.join(known, on=[*KEY, *SAID], how="anti", nulls_equal=True)
    if fresh.height:
        tables.merge(home.forecasts(model_name, later=True), fresh, [*KEY, "written"])


def _read(folder: Place, within: tuple[Any, Any] = (None, None)) -> pl.DataFrame:
    """KEPT of these sessions, from the one to the other."""
    rows, blank = tables.read(folder, within={"as_of": within}), pl.DataFrame(schema=KEPT)
    if rows is None:
        return blank
    stored = pl.concat([blank, tables.gather(rows, folder)], how="diagonal")
    return conform(stored, KEPT, "forecast")
