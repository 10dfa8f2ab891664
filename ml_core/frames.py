"""Agrees on the columns of the tables that rooms hand to each other, and checks tables against them where they
enter."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from ml_core.errors import InvalidData

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.float64]"  # of numbers, one column or several

# As the provider gave it. `basis` says whether past splits are already in the prices ("split_adjusted",
# as Yahoo serves them) or not ("traded"); `split` is shares after per share before, 1 on other days.
BARS = {
    "ticker": pl.String, "date": pl.Date,
    "open": pl.Float64, "high": pl.Float64, "low": pl.Float64, "close": pl.Float64, "volume": pl.Float64,
    "dividend": pl.Float64, "split": pl.Float64, "adj_close": pl.Float64, "basis": pl.String,
}  # fmt: skip

# On read: open..close are adjusted forward from each ticker's first bar, so that a row depends on the past
# only; `factor` = adjusted / as given. Divide by the last factor to show prices as they stand today. Columns may
# follow: `sector` (String, null where unknown) where any is known, `member` (Boolean: in the universe on that date) and
# `delisting` (Float64: the return after the last bar) where a file or the experiment says so, and `context_…` (Float64)
# of [data.context].
PRICES = {
    "ticker": pl.String, "date": pl.Date,
    "open": pl.Float64, "high": pl.Float64, "low": pl.Float64, "close": pl.Float64, "volume": pl.Float64,
    "dividend": pl.Float64, "split": pl.Float64, "factor": pl.Float64,
}  # fmt: skip

FORECAST = {
    "ticker": pl.String, "as_of": pl.Date, "horizon": pl.Int32,
    "mean": pl.Float64, "lower": pl.Float64, "upper": pl.Float64, "scale": pl.Float64,
    "model": pl.String, "version": pl.String,
}  # fmt: skip

# An answer: a forecast with the `seat` of who gave it ("" for none), the claims that are `proven` at its horizon, and
# whether the model learned from its date.
ANSWERED = {**FORECAST, "seat": pl.String, "proven": pl.String, "in_sample": pl.Boolean}

# An answer as it is kept: when it was `written`, and whether that was before its outcome could be known (`live`); the
# version of the stored `bars` that it was made from, and the command or flow run that wrote it (`by`). Of before there
# were such notes none is told, and nothing is `live`.
KEPT = {
    **ANSWERED, "written": pl.Datetime("us", "UTC"), "live": pl.Boolean, "bars": pl.Int64, "by": pl.String,
}  # fmt: skip

# A forecast beside what came: `fold` counts from 0, `split` is "test" or "holdout".
SCORED = {
    "ticker": pl.String, "as_of": pl.Date, "horizon": pl.Int32,
    "mean": pl.Float64, "lower": pl.Float64, "upper": pl.Float64, "scale": pl.Float64,
    "realized": pl.Float64, "fold": pl.Int32, "split": pl.String,
}  # fmt: skip

POSITIONS = {"ticker": pl.String, "date": pl.Date, "weight": pl.Float64}

BACKTEST = {
    "date": pl.Date, "gross": pl.Float64, "net": pl.Float64,
    "turnover": pl.Float64, "exposure": pl.Float64, "benchmark": pl.Float64,
}  # fmt: skip

KEYS = {"bars": ["ticker", "date"], "forecast": ["ticker", "as_of", "horizon"]}


def conform(table: pl.DataFrame, schema: dict, name: str) -> pl.DataFrame:
    """The table with exactly the agreed columns, in order and type; a missing column is named."""
    missing = [column for column in schema if column not in table.columns]
    if missing:
        raise InvalidData(f"{name}: missing column {', '.join(missing)}; it has {', '.join(table.columns)}")
    try:
        return table.select(pl.col(column).cast(kind) for column, kind in schema.items())
    except pl.exceptions.PolarsError as error:
        raise InvalidData(f"{name}: a column has the wrong type: {str(error).splitlines()[0]}") from None


def unique(table: pl.DataFrame, key: list[str], name: str) -> pl.DataFrame:
    """The table sorted by its key; a key that stands twice is named."""
    twice = table.filter(pl.struct(key).is_duplicated())
    if twice.height:
        raise InvalidData(f"{name}: {twice.height} rows share a key, first {twice.select(key).row(0)}")
    return table.sort(key)


def is_ordered(rows: pl.DataFrame) -> bool:
    """Whether each row comes after the one before it, by ticker and date; then none stands twice. To look costs less
    than to sort. A key that is missing has no place in the order."""
    ticker, date = pl.col("ticker"), pl.col("date")
    later = (ticker > ticker.shift()) | ((ticker == ticker.shift()) & (date > date.shift()))
    return bool(rows.select(later.slice(1).fill_null(False).all()).item())
