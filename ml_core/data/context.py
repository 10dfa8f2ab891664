"""What is known beside the bars, as of each session: other series of the same source, and a user's own dated table."""

import datetime as dt
import re
from pathlib import Path
from typing import Annotated

import polars as pl
from pydantic import Field

from ml_core.data.store import FACTS
from ml_core.errors import InvalidInput
from ml_core.experiment import Section

PREFIX = "context_"
FORMS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")


class Context(Section):
    """`series`: tickers that are not forecast, as ^VIX; `lag`: sessions after which their close is known, for those
    that close later than the universe; `table`: a Parquet or CSV file of your own, whose column `known` says since
    when each row was known, beside any columns of numbers. A column `date`, if it has one, says what a row is about: a
    value that was revised stands there again with the same date and a later `known`."""

    series: tuple[str, ...] = ()
    lag: Annotated[int, Field(ge=0)] = 0
    table: Path | None = None
    known: str = "known"
    date: str = "date"

    def topic(self, experiment: str) -> str | None:
        """Under which name the store holds what was read of the table; of another file, or another reading of it,
        nothing."""
        if self.table is None:
            return None
        return f"context/{experiment}/{self.table.name}/{self.known}/{self.date}"


def column_of(name: str) -> str:
    """The column that a series or a column of the table becomes: ^VIX is context_vix."""
    return PREFIX + re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def join_context(
    prices: pl.DataFrame, series: pl.DataFrame, facts: pl.DataFrame, *, lag: int = 0
) -> pl.DataFrame:
    """Prices with a column per series and name of the facts: the newest value known on each date, never later.

    `series` holds (ticker, date, close); `facts` are FACTS. Before the first value: null.
    """
    dates = prices.select("date").unique().sort("date")
    dates = _join(dates, series.select("date", name="ticker", value="close"), lag=lag)
    dates = _join(dates, facts, lag=0)
    return prices.join(dates, on="date", how="left", maintain_order="left")


def _join(dates: pl.DataFrame, told: pl.DataFrame, *, lag: int) -> pl.DataFrame:
    for (name,), rows in told.sort("name", "date").group_by("name", maintain_order=True):
        column = column_of(str(name))
        values = rows.select("date", pl.col("value").alias(column))
        dates = dates.join_asof(values, on="date", strategy="backward").with_columns(
            pl.col(column).shift(lag)
        )
    return dates


def read_table(context: Context) -> pl.DataFrame:
    """FACTS of the table's columns of numbers; none where the experiment names no table.

    What became known at a time of day counts from the next day on: the close may have been before it. Of two rows
    known since the same day the later one holds; a revision of an older date is no news of the newest.
    """
    path = context.table
    if path is None:
        return pl.DataFrame(schema=FACTS)
    raw = _read(path.expanduser())
    if context.known not in raw.columns:
        raise InvalidInput(
            f"data.context.table {path}: no column '{context.known}' that says since when a row was known;"
            f" it has {', '.join(raw.columns)}"
        )
    beside = (context.known, context.date)
    numbers = [name for name in raw.columns if name not in beside and raw[name].dtype.is_numeric()]
    if not numbers:
        raise InvalidInput(f"data.context.table {path}: no column of numbers beside '{context.known}'")
    if twice := {name for name in numbers if [column_of(one) for one in numbers].count(column_of(name)) > 1}:
        raise InvalidInput(f"data.context.table {path}: one name for {', '.join(sorted(twice))}; rename one")
    known, about = _known(raw[context.known], path), _about(raw, context.date, path)
    values = (raw.select(date=known, about=about, value=pl.col(name).cast(pl.Float64)) for name in numbers)
    facts = pl.concat(_as_known(rows, name) for rows, name in zip(values, numbers, strict=True))
    if facts.is_empty():
        raise InvalidInput(f"data.context.table {path}: no value with a day since when it was known")
    return facts


def _as_known(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Of one column: the value of the newest date that was known at each time."""
    told = rows.filter(pl.col("date").is_not_null() & pl.col("value").is_finite())
    newest = told.sort("date", "about", maintain_order=True).filter(
        pl.col("about") >= pl.col("about").cum_max()
    )
    last = newest.unique("date", keep="last", maintain_order=True)
    return last.select(pl.lit(name).alias("name"), "date", "value", pl.lit(None, pl.String).alias("word"))


def _about(raw: pl.DataFrame, column: str, path: Path) -> pl.Series:
    """What each row is about, in an order that is time's; all about the same where no column says it."""
    if column not in raw.columns:
        return pl.zeros(raw.height, pl.Int32, eager=True)
    about = raw[column]
    if about.dtype == pl.String:
        wrong = about.filter(~about.str.contains(r"^\d{4}").fill_null(False))
    else:
        wrong = about.filter(about.is_null() | (not (about.dtype.is_temporal() or about.dtype.is_integer())))
    if len(wrong):
        raise InvalidInput(
            f"data.context.table {path}: column '{column}' holds {wrong[0]!r}; expected dates, as 2024-03-28"
        )
    return about


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
