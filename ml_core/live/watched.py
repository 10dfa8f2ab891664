"""Reads the forecasts that are scored live: who made them, and what the reference said of the same sessions.

A version that was fitted again goes on with the evidence of the version that was judged. So forecasts are scored by
`line`: the number of the judged version, whichever of its refits made them.
"""

from __future__ import annotations

import polars as pl

from ml_core.data.order import Order
from ml_core.data.store.forecasts import read_forecast
from ml_core.registry.seats import CHALLENGER, CHAMPION, REFERENCE
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry

WATCHED = (CHAMPION, CHALLENGER)  # the seats that claim something; the reference is whom they are set beside
KEY = ["ticker", "as_of", "horizon"]


def line_of(registered: ModelVersion) -> str:
    """The version that its evidence is of."""
    refit = registered.evidence.refit if registered.readable else None
    return refit.judged if refit else registered.version


def read_live(order: Order) -> pl.DataFrame:
    """KEPT rows that were written before anything of them could be known, by a seat, of no session that was learned
    from; each with its `line`."""
    rows = read_forecast(order.home, order.name).filter(
        pl.col("live"), ~pl.col("in_sample"), pl.col("mean").is_not_null()
    )
    lines = {one.version: line_of(one) for one in Registry(order.home).versions(order.name)}
    line = pl.col("version").replace_strict(lines, default=pl.col("version"), return_dtype=pl.String)
    return rows.with_columns(line=line)


def watched(rows: pl.DataFrame) -> pl.DataFrame:
    """Those of champions and challengers; where two versions of a line answered the same session, the younger's."""
    own = rows.filter(pl.col("seat").is_in(WATCHED))
    youngest = pl.col("version").cast(pl.Int64, strict=False).fill_null(-1)
    return own.sort(youngest, descending=True).unique(["line", *KEY], keep="first").sort("line", *KEY)


def references(rows: pl.DataFrame) -> pl.DataFrame:
    """What the reference said of the same sessions; the younger's where it was fitted again between."""
    own = rows.filter(pl.col("seat") == REFERENCE)
    youngest = pl.col("version").cast(pl.Int64, strict=False).fill_null(-1)
    return own.sort(youngest, descending=True).unique(KEY, keep="first").sort(KEY)
