"""Reads a user's own dated table into FACTS: what it says, and since when that was known. So it can be joined
without knowing the future."""

import datetime as dt
from pathlib import Path

import polars as pl

from ml_core.data.context import Context, column_of, name_fact
from ml_core.data.files.columns import known_as
from ml_core.data.files.numerals import find_decimal, read_numbers, unread
from ml_core.data.store.bars import FACTS, PARTED
from ml_core.errors import InvalidInput

PERIOD = r"^\d{4}([-/ ]?(Q[1-4]|\d{2}))?$"  # 2024, 2024Q1, 2024-03: in the order of their letters
ZONED, A_MOMENT = "%Y-%m-%dT%H:%M:%S%#z", dt.timedelta(microseconds=1)
FORMS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")
NOTHING = ("", "NA", "NaN", "null")  # how tables write that there is no value; of tickers these are names


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
    whose = _ticker_column(raw, path)
    beside = (context.known, context.date, *([whose] if whose else []))
    raw = _numbers(raw, beside, path)
    numbers = [name for name in raw.columns if name not in beside]
    _require_names(numbers, context, path)
    known, about = _known(raw[context.known], path), _about(raw, context.date, path)
    _refuse_foreknown(known, about, path)
    ticker = _tickers(raw, whose)
    values = (raw.select(ticker, date=known, about=about, value=pl.col(name)) for name in numbers)
    facts = pl.concat(_as_known(rows, name) for rows, name in zip(values, numbers, strict=True))
    if facts.is_empty():
        raise InvalidInput(
            f"data.context.table {path}: no row has both a value and a day in '{context.known}'"
        )
    return facts


def _ticker_column(raw: pl.DataFrame, path: Path) -> str | None:
    """The column that says whose each row is, if there is one."""
    names = [name for name in raw.columns if known_as(name) == "ticker"]
    if len(names) > 1:
        raise InvalidInput(
            f"data.context.table {path}: columns {', '.join(names)} may all be the ticker; rename all but one"
        )
    return names[0] if names else None


def _tickers(raw: pl.DataFrame, column: str | None) -> pl.Series:
    """Whose each row is; null where it holds for all."""
    if column is None:
        return pl.repeat(None, raw.height, dtype=pl.String, eager=True).alias("ticker")
    told = raw[column].cast(pl.String).str.strip_chars().alias("ticker")
    return told.replace("", None)


def _require_names(numbers: list[str], context: Context, path: Path) -> None:
    """Some column of numbers, each with a name of its own."""
    if not numbers:
        raise InvalidInput(f"data.context.table {path}: no column of numbers beside '{context.known}'")
    if twice := {name for name in numbers if [column_of(one) for one in numbers].count(column_of(name)) > 1}:
        raise InvalidInput(
            f"data.context.table {path}: {', '.join(sorted(twice))} would become one feature; rename one"
        )
    if odd := next((name for name in numbers if name.startswith(PARTED)), None):
        raise InvalidInput(f"data.context.table {path}: column '{odd}' begins with a slash; rename it")


def _as_known(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Of one column: the value of the newest date that was known at each time, ticker by ticker."""
    told = rows.filter(pl.col("date").is_not_null() & pl.col("value").is_finite())
    newest = told.sort("ticker", "date", "about", maintain_order=True).filter(
        pl.col("about") >= pl.col("about").cum_max().over("ticker")
    )
    last = newest.unique(["ticker", "date"], keep="last", maintain_order=True)
    return last.select(
        name_fact(pl.col("ticker"), name).alias("name"),
        "date",
        "value",
        pl.lit(None, pl.String).alias("word"),
    )


def _refuse_foreknown(known: pl.Series, about: pl.Series, path: Path) -> None:
    """A value of a day cannot have been known before it: one of the two columns is not what it says."""
    if about.dtype == pl.Date and len(
        early := pl.DataFrame([known.alias("k"), about.alias("a")]).filter(pl.col("k") < pl.col("a"))
    ):
        since, day = early.row(0)
        raise InvalidInput(
            f"data.context.table {path}: a row about {day} says that it was known since {since}, before that day; "
            "a table of estimates must do without the column of the day that they are about"
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
    for given, numbers in zip(told, read, strict=True):
        if bad := unread(given, numbers):
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
        return _without_words_for_nothing(pl.read_csv(path, separator=separator, infer_schema=False))
    except (pl.exceptions.PolarsError, OSError) as error:
        line = (str(error).splitlines() or ["?"])[0]
        raise InvalidInput(f"data.context.table {path}: cannot be read: {line}") from None


def _without_words_for_nothing(raw: pl.DataFrame) -> pl.DataFrame:
    words = dict.fromkeys(NOTHING)
    others = [name for name in raw.columns if known_as(name) != "ticker"]
    return raw.with_columns(pl.col(others).replace(words)) if others else raw


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
