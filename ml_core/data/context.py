"""What is known beside the bars, as of each session: other series of the same source, and a user's own dated table."""

import datetime as dt
import re
from pathlib import Path
from typing import Annotated

import polars as pl
from pydantic import Field

from ml_core.data.columns import known_as
from ml_core.data.numerals import find_decimal, read_numbers, unread
from ml_core.data.store import FACTS
from ml_core.errors import InvalidInput
from ml_core.experiment import Section

PREFIX = "context_"
PERIOD = r"^\d{4}([-/ ]?(Q[1-4]|\d{2}))?$"  # 2024, 2024Q1, 2024-03: in the order of their letters
ZONED, A_MOMENT = "%Y-%m-%dT%H:%M:%S%#z", dt.timedelta(microseconds=1)
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
    if tickers := [name for name in raw.columns if known_as(name) == "ticker"]:
        raise InvalidInput(
            f"data.context.table {path}: column '{tickers[0]}' parts the rows; expected values that hold for all "
            "tickers, one column for each"
        )
    raw = _numbers(raw, (context.known, context.date), path)
    numbers = [name for name in raw.columns if name not in (context.known, context.date)]
    if not numbers:
        raise InvalidInput(f"data.context.table {path}: no column of numbers beside '{context.known}'")
    if twice := {name for name in numbers if [column_of(one) for one in numbers].count(column_of(name)) > 1}:
        raise InvalidInput(f"data.context.table {path}: one name for {', '.join(sorted(twice))}; rename one")
    known, about = _known(raw[context.known], path), _about(raw, context.date, path)
    _refuse_foreknown(known, about, path)
    values = (raw.select(date=known, about=about, value=pl.col(name)) for name in numbers)
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


def _refuse_foreknown(known: pl.Series, about: pl.Series, path: Path) -> None:
    """A value of a day cannot have been known before it: one of the two columns is not what it says."""
    if about.dtype == pl.Date and len(
        early := pl.DataFrame([known.alias("k"), about.alias("a")]).filter(pl.col("k") < pl.col("a"))
    ):
        since, day = early.row(0)
        raise InvalidInput(
            f"data.context.table {path}: a row about {day} was known since {since}, before it; of an estimate leave "
            "out what it is about"
        )


def _numbers(raw: pl.DataFrame, beside: tuple[str, ...], path: Path) -> pl.DataFrame:
    """The table with its columns of numbers as floats; columns of words are left out, one that is both is refused."""
    where = f"data.context.table {path}"
    told = [raw[name] for name in raw.columns if name not in beside]
    worded = [one.name for one in told if one.dtype == pl.String and not _bears_number(one)]
    told = [
        one for one in told if one.name not in worded and (one.dtype == pl.String or one.dtype.is_numeric())
    ]
    decimal = find_decimal(told, where)
    read = [read_numbers(one, where, decimal=decimal) for one in told]
    for given, found in zip(told, read, strict=True):
        if bad := unread(given, found):
            raise InvalidInput(f"{where}: column '{given.name}' holds {bad[0]!r}; expected numbers")
    return raw.select(name for name in beside if name in raw.columns).with_columns(read)


def _bears_number(column: pl.Series) -> bool:
    return bool(column.str.strip_chars().str.contains(r"^[-+$€£¥]?\d*[.,]?\d[\d.,]*%?$").any())


def _about(raw: pl.DataFrame, column: str, path: Path) -> pl.Series:
    """What each row is about, in an order that is time's; all about the same where no column says it."""
    if column not in raw.columns:
        return pl.zeros(raw.height, pl.Int32, eager=True)
    about = raw[column]
    if about.dtype == pl.String and about.null_count() == 0 and about.str.contains(PERIOD).all():
        return about
    if about.dtype == pl.String:
        return _moments(about, path).dt.date()
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
        with path.open(encoding="utf-8-sig", errors="replace") as lines:
            separator = max(";,\t|", key=lines.readline().count)
        return pl.read_csv(
            path, null_values=["", "NA", "NaN", "null"], separator=separator, infer_schema=False
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        line = (str(error).splitlines() or ["?"])[0]
        raise InvalidInput(f"data.context.table {path}: cannot be read: {line}") from None


def _known(column: pl.Series, path: Path) -> pl.Series:
    """The first date on whose close the row may be used."""
    if column.dtype == pl.Date:
        return column.alias("known")
    moments = _moments(column, path)
    late = (moments.dt.time() != dt.time(0)).cast(pl.Int64)
    return (moments.dt.date().cast(pl.Int32) + late).cast(pl.Int32).cast(pl.Date).alias("known")


def _moments(column: pl.Series, path: Path) -> pl.Series:
    """Dates or times; of a time with a zone, that in Greenwich, a moment after midnight at the earliest: what was
    known then counts from the next day on, wherever the exchange is."""
    moments = column
    if column.dtype == pl.String:
        text = column.str.strip_chars()
        tries = [text.str.to_datetime(form, strict=False) for form in FORMS]
        zoned = text.str.to_datetime(ZONED, strict=False, time_zone="UTC").dt.replace_time_zone(None)
        tries.append(zoned + A_MOMENT)
        moments = pl.select(pl.coalesce([pl.lit(parsed) for parsed in tries])).to_series()
    wrong = column.filter(moments.is_null() & column.is_not_null())
    if not isinstance(moments.dtype, pl.Datetime) or len(wrong):
        bad = wrong[0] if len(wrong) else next((value for value in column if value is not None), None)
        raise InvalidInput(
            f"data.context.table {path}: column '{column.name}' holds {bad!r}; expected dates, as 2024-03-28"
        )
    if moments.dtype.time_zone:
        return moments.dt.convert_time_zone("UTC").dt.replace_time_zone(None) + A_MOMENT
    return moments
