"""A table as common tools write it in; the agreed columns of bars out, with null where it has none."""

import datetime as dt
from typing import Any

import polars as pl

from ml_core.data.numerals import find_decimal, read_numbers
from ml_core.errors import InvalidInput
from ml_core.frames import BARS

NAMES = {
    "date": (
        "date",
        "datetime",
        "timestamp",
        "time",
        "day",
        "tradedate",
        "tradingday",
        "session",
        "indexlevel0",
    ),
    "ticker": ("ticker", "symbol", "tic", "code", "asset", "instrument", "name", "sid"),
    "open": ("open", "o", "openprice", "1open"),
    "high": ("high", "h", "highprice", "2high"),
    "low": ("low", "l", "lowprice", "3low"),
    "close": ("close", "c", "closelast", "closeprice", "last", "price", "px", "4close"),
    "adj_close": ("adjclose", "adjustedclose", "closeadj", "adjustedprice", "5adjustedclose"),
    "volume": ("volume", "vol", "v", "shares", "5volume", "6volume"),
    "dividend": (
        "dividend",
        "dividends",
        "div",
        "divcash",
        "exdividend",
        "dividendamount",
        "7dividendamount",
    ),
    "split": ("split", "splits", "stocksplits", "splitratio", "splitfactor", "splitcoefficient"),
}
NUMBERS = ("open", "high", "low", "close", "volume", "dividend", "split", "adj_close")
DATE_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%d-%b-%Y",
    "%d %b %Y", "%b %d, %Y",
)  # fmt: skip
FIRST_YEAR = 1600
EPOCHS = ((3e7, "s"), (1e11, "ms"), (1e14, "us"), (1e17, "ns"))  # the least number that is one of these


def read_columns(
    raw: pl.DataFrame,
    where: str,
    *,
    ticker: str | None = None,
    date_format: str | None = None,
    separator: str = ",",
) -> pl.DataFrame:
    """Rows of (ticker, date, prices…) with a `moment` kept where a date has several times. `separator` is what
    parted the columns of a text."""
    found = _find(raw.columns)
    for needed in ("date", "close"):
        if needed not in found:
            raise InvalidInput(
                f"{where}: no column for '{needed}'; it has {', '.join(raw.columns) or 'none'}"
            )
    if "ticker" not in found and ticker is None:
        raise InvalidInput(
            f"{where}: no column for 'ticker'; set data.files.ticker, or name one file per ticker"
        )
    decimal = find_decimal(
        [raw[found[name]] for name in NUMBERS if name in found], where, separator=separator
    )
    table = raw.select(
        pl.col(found["ticker"]).cast(pl.String).str.strip_chars().alias("ticker")
        if "ticker" in found
        else pl.lit(ticker).alias("ticker"),
        _dates(raw[found["date"]], where, date_format),
        raw[found["date"]].alias("moment"),
        *(
            read_numbers(raw[found[name]], where, decimal=decimal).alias(name)
            if name in found
            else pl.lit(None, pl.Float64).alias(name)
            for name in NUMBERS
        ),
    )
    if table["close"].is_nan().fill_null(True).all():
        raise InvalidInput(f"{where}: column '{found['close']}' holds no number")
    # Yahoo's 0 in a column of splits means that there was none.
    return table.with_columns(split=pl.when(pl.col("split") > 0).then(pl.col("split")))


def gather_sessions(table: pl.DataFrame) -> tuple[pl.DataFrame, bool]:
    """Several times of one date become that session's bar; a row that is there twice stays there twice."""
    within = pl.struct("ticker", "date").is_duplicated() & ~pl.struct("ticker", "moment").is_duplicated()
    if not table.select(within.any()).item():
        return table.drop("moment"), False
    gathered = (
        table.sort("ticker", "moment")
        .group_by("ticker", "date", maintain_order=True)
        .agg(
            pl.col("open").drop_nulls().first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close", "adj_close").drop_nulls().last(),
            *(
                pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)
                for name in ("volume", "dividend")
            ),
            pl.when(pl.col("split").is_not_null().any()).then(pl.col("split").drop_nulls().product()),
        )
    )
    return gathered, True


def missing_columns(table: pl.DataFrame) -> list[str]:
    """The agreed columns that hold nothing: what needs them will be left out."""
    return [name for name in NUMBERS if name in BARS and table[name].null_count() == table.height]


def known_as(column: str) -> str | None:
    """The agreed name of a column, however a tool writes it."""
    return next((name for name, knowns in NAMES.items() if _plain(column) in knowns), None)


def _plain(column: str) -> str:
    return "".join(sign for sign in column.lower() if sign.isalnum())


def _find(columns: list[str]) -> dict[str, str]:
    plain = {_plain(column): column for column in reversed(columns)}
    found = {
        name: next(plain[known] for known in knowns if known in plain)
        for name, knowns in NAMES.items()
        if any(known in plain for known in knowns)
    }
    if "date" not in found and columns and columns[0].lower() in ("", "index", "unnamed: 0", "column_1"):
        found["date"] = columns[0]
    return found


def _dates(column: pl.Series, where: str, date_format: str | None) -> pl.Series:
    """The calendar date as written, in whatever zone it was written."""
    if column.dtype == pl.Date:
        return column.alias("date")
    if isinstance(column.dtype, pl.Datetime):
        return column.dt.replace_time_zone(None).dt.date().alias("date")
    largest = column.max() if column.dtype.is_integer() else None
    if isinstance(largest, int) and largest > EPOCHS[0][0]:
        unit: Any = next(name for least, name in reversed(EPOCHS) if largest > least)
        return pl.from_epoch(column, time_unit=unit).cast(pl.Date).alias("date")
    text = column.cast(pl.String).str.strip_chars()
    for candidate in (text.str.slice(0, 10), text):
        read = [
            (form, parsed)
            for form in ((date_format,) if date_format else DATE_FORMATS)
            if _reads(parsed := candidate.str.to_date(form, strict=False), text)
        ]
        if read:
            return _the_one(read, candidate, where).alias("date")
    bad = next((value for value in text if value is not None), None)
    asked = f" as '{date_format}'" if date_format else ""
    raise InvalidInput(
        f"{where}: column '{column.name}' holds no dates that can be read{asked}, such as {bad!r}"
    )


def _reads(parsed: pl.Series, text: pl.Series) -> bool:
    """Whether every value became a date of a century with exchanges: a year cut to three digits did not."""
    earliest = parsed.min()
    whole = parsed.null_count() == text.null_count()
    return whole and isinstance(earliest, dt.date) and earliest.year >= FIRST_YEAR


def _the_one(read: list[tuple[str, pl.Series]], text: pl.Series, where: str) -> pl.Series:
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
