"""What is known beside the bars, as of each session: other series of the same source, and a user's own dated table."""

import datetime as dt
import re
from pathlib import Path
from typing import Annotated

import polars as pl
from pydantic import Field

from ml_core.errors import InvalidInput
from ml_core.experiment import Section

PREFIX = "context_"
FORMS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")


class Context(Section):
    """`series`: tickers that are not forecast, as ^VIX; `lag`: sessions after which their close is known, for those
    that close later than the universe; `table`: a Parquet or CSV file of your own, whose column `known` says since
    when each row was known, beside any columns of numbers."""

    series: tuple[str, ...] = ()
    lag: Annotated[int, Field(ge=0)] = 0
    table: Path | None = None
    known: str = "known"


def column_of(name: str) -> str:
    """The column that a series or a column of the table becomes: ^VIX is context_vix."""
    return PREFIX + re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def join_context(
    prices: pl.DataFrame, series: pl.DataFrame, table: pl.DataFrame | None = None, *, lag: int = 0
) -> pl.DataFrame:
    """Prices with a column per series and column of the table: the newest value known on each date, never later.

    `series` holds (ticker, date, close); `table` (known, columns of numbers). Before the first value: null.
    """
    dates = prices.select("date").unique().sort("date")
    for (name,), rows in series.sort("date").group_by("ticker", maintain_order=True):
        column = column_of(str(name))
        values = rows.select("date", pl.col("close").alias(column))
        dates = dates.join_asof(values, on="date", strategy="backward").with_columns(
            pl.col(column).shift(lag)
        )
    for values in _columns(table):
        dates = dates.join_asof(values, on="date", strategy="backward")
    return prices.join(dates, on="date", how="left", maintain_order="left")


def _columns(table: pl.DataFrame | None) -> list[pl.DataFrame]:
    if table is None:
        return []
    date = pl.col("known").alias("date")
    names = [name for name in table.columns if name != "known"]
    return [
        table.select(date, pl.col(name).alias(column_of(name))).drop_nulls().sort("date") for name in names
    ]


def read_table(context: Context) -> pl.DataFrame | None:
    """(known, columns of numbers). What became known at a time of day counts from the next day on: the close
    may have been before it. Of two rows known since the same day the later one holds."""
    path = context.table
    if path is None:
        return None
    raw = _read(path.expanduser())
    if context.known not in raw.columns:
        raise InvalidInput(
            f"data.context.table {path}: no column '{context.known}' that says since when a row was known;"
            f" it has {', '.join(raw.columns)}"
        )
    numbers = [name for name in raw.columns if name != context.known and raw[name].dtype.is_numeric()]
    if not numbers:
        raise InvalidInput(f"data.context.table {path}: no column of numbers beside '{context.known}'")
    known = _known(raw[context.known], path)
    rows = raw.select(known, *(pl.col(name).cast(pl.Float64).fill_nan(None) for name in numbers))
    return rows.drop_nulls("known").unique("known", keep="last", maintain_order=True).sort("known")


def _read(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise InvalidInput(f"data.context.table {path}: there is no such file")
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            return pl.read_parquet(path)
        return pl.read_csv(path, null_values=["", "NA", "NaN", "null"])
    except (pl.exceptions.PolarsError, OSError) as error:
        line = (str(error).splitlines() or ["?"])[0]
        raise InvalidInput(f"data.context.table {path}: cannot be read: {line}") from None


def _known(column: pl.Series, path: Path) -> pl.Series:
    """The first date on whose close the row may be used."""
    if column.dtype == pl.Date:
        return column.alias("known")
    moments = column
    if column.dtype == pl.String:
        tries = [column.str.strip_chars().str.to_datetime(form, strict=False) for form in FORMS]
        moments = pl.select(pl.coalesce([pl.lit(parsed) for parsed in tries])).to_series()
    if not isinstance(moments.dtype, pl.Datetime) or moments.null_count() > column.null_count():
        wrong = next((value for value in column if value is not None), None)
        raise InvalidInput(
            f"data.context.table {path}: column '{column.name}' holds {wrong!r}; expected dates, as 2024-03-28"
        )
    moments = moments.dt.replace_time_zone(None)
    late = (moments.dt.time() != dt.time(0)).cast(pl.Int64)
    return (moments.dt.date().cast(pl.Int32) + late).cast(pl.Int32).cast(pl.Date).alias("known")
