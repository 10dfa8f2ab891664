"""Reads a column of dates as people and tools write them. How they are written is a file's own way, found from the
whole column."""

import datetime as dt
from typing import Any

import polars as pl

from ml_core.data.files.numerals import NO_VALUE
from ml_core.errors import InvalidInput

FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%d-%b-%Y",
    "%d %b %Y", "%b %d, %Y",
)  # fmt: skip
FIRST = dt.date(1600, 1, 1)  # before it there were no exchanges: a year cut to three digits
EPOCHS = ((3e7, "s"), (1e11, "ms"), (1e14, "us"), (1e17, "ns"))  # the least number that is one of these
ReadDates = tuple[str, pl.Series]


def read_dates(column: pl.Series, where: str, date_format: str | None = None) -> pl.Series:
    """The calendar date as written, in whatever zone it was written."""
    if column.dtype == pl.Date:
        return column.alias("date")
    if isinstance(column.dtype, pl.Datetime):
        return column.dt.replace_time_zone(None).dt.date().alias("date")
    largest = column.max() if column.dtype.is_integer() else None
    if isinstance(largest, int) and largest > EPOCHS[0][0]:
        unit: Any = next(name for least, name in reversed(EPOCHS) if largest > least)
        return pl.from_epoch(column, time_unit=unit).cast(pl.Date).alias("date")
    given = column.unique(maintain_order=True)  # a day stands there once for each ticker
    read = _read(given.cast(pl.String).str.strip_chars(), column, where, date_format)
    return column.replace_strict(given, read, return_dtype=pl.Date).alias("date")


def _read(text: pl.Series, column: pl.Series, where: str, date_format: str | None) -> pl.Series:
    text = text.set(text.is_in(NO_VALUE).fill_null(False), None)
    tries: list[ReadDates] = []
    for candidate in (text.str.slice(0, 10), text):
        forms = (date_format,) if date_format else FORMATS
        now = [(form, _parse(candidate, form)) for form in forms]
        if read := [one for one in now if one[1].null_count() == text.null_count()]:
            return _the_one(read, candidate, where)
        tries += now
    raise _refusal(max(tries, key=lambda one: one[1].count()), text, column, where, date_format)


def _parse(text: pl.Series, form: str) -> pl.Series:
    read = text.str.to_date(form, strict=False)
    return read.set(read < FIRST, None)


def _refusal(
    nearest: ReadDates, text: pl.Series, column: pl.Series, where: str, date_format: str | None
) -> InvalidInput:
    """Of the first value that the reading which suits most of them does not suit, and where it stands."""
    form, read = nearest
    bad = text.filter(read.is_null() & text.is_not_null())
    rows = column.cast(pl.String).str.strip_chars().is_in(bad.implode()).arg_true()
    name, first = f"{where}: column '{column.name}'", repr(column.cast(pl.String)[int(rows[0])])
    if read.count() == 0:
        asked = f" as '{date_format}'" if date_format else ""
        return InvalidInput(f"{name} holds no dates that can be read{asked}, such as {first}")
    sound = f"{len(column) - len(rows):,} of {len(column):,} rows"
    place = f"row {int(rows[0]) + 1:,} below the heading"
    return InvalidInput(f"{name}: {place} holds {first}; expected a date as '{form}', which {sound} have")


def _the_one(read: list[ReadDates], text: pl.Series, where: str) -> pl.Series:
    """Of two ways to read the same dates the one without weekends; where both have none, the user must say."""
    different = [read[0], *(other for other in read[1:] if not other[1].equals(read[0][1]))]
    if len(different) > 1:
        weekends = [int((dates.dt.weekday() > 5).sum()) for _, dates in different]
        different = [pair for pair, count in zip(different, weekends, strict=True) if count == min(weekends)]
    if len(different) > 1:
        raise InvalidInput(
            f"{where}: dates such as {text[0]!r} can be read in two ways; set data.files.date_format to "
            f"'{different[0][0]}' or '{different[1][0]}'"
        )
    return different[0][1]
