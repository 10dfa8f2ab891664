"""Finds the agreed columns of bars in a table as common tools write it. A column that is not there becomes null."""

import datetime as dt
from collections.abc import Mapping, Sequence

import polars as pl

from ml_core.data.files.dates import read_dates
from ml_core.data.files.numerals import check_decimal, find_decimal, read_numbers, unread
from ml_core.data.files.writing import Writing
from ml_core.errors import InvalidInput
from ml_core.frames import BARS
from ml_core.spec.choices import nearest

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
ACTIONS = ("dividend", "split")
FOUND = Writing()  # nothing is said: all is found in the file
NUMBERS = ("open", "high", "low", "close", "volume", "dividend", "split", "adj_close")


def find_columns(
    names: Sequence[str], where: str, *, ticker: str | None = None, how: Writing = FOUND
) -> dict[str, str]:
    """Which column is which; refused where there is none for a date, a close, or a ticker that nobody else named.
    Those that the user names are his word; they are nothing else besides."""
    said = how.columns.named
    for ours, theirs in said.items():
        if theirs not in names:
            raise InvalidInput(
                f"{where}: data.files.columns.{ours}: no column '{theirs}'{nearest(theirs, list(names))}"
            )
    matched = _find([name for name in names if name not in said.values()]) | said
    for needed in ("date", "close"):
        if needed not in matched:
            raise InvalidInput(
                f"{where}: no column for '{needed}'; it has {', '.join(names) or 'none'}; "
                f"data.files.columns.{needed} says which it is"
            )
    if "ticker" not in matched and ticker is None:
        raise InvalidInput(
            f"{where}: no column for 'ticker'; set data.files.ticker, or name one file per ticker"
        )
    return matched


def read_columns(
    raw: pl.DataFrame,
    where: str,
    *,
    ticker: str | None = None,
    how: Writing = FOUND,
    separator: str = ",",
) -> pl.DataFrame:
    """Rows of (ticker, date, moment, prices…); `moment` is the date as it stands there, with its time. `separator`
    is what parted the columns of a text."""
    columns = find_columns(raw.columns, where, ticker=ticker, how=how)
    numbers = [name for name in NUMBERS if name in columns]
    typed = [name for name in numbers if _is_number(raw.schema[columns[name]])]
    _require_finite(raw, {name: columns[name] for name in ACTIONS if name in typed}, where)
    read = (pl.col(columns[name]).cast(pl.Float64).fill_nan(None).alias(name) for name in typed)
    told = raw.select(name_tickers(columns, ticker), *read)
    texts = {name: raw[columns[name]] for name in numbers if name not in typed}
    date, close = raw[columns["date"]], raw.schema[columns["close"]]
    del raw  # each column of text is let go as soon as it is read: there may be millions of rows
    dated = read_dates(date, where, how.date_format), _moments(date)
    del date
    told = told.with_columns(*dated, *_read_texts(texts, where, separator, how.decimal), *_absent(columns))
    told = told.select("ticker", "date", "moment", *NUMBERS)
    whole = "ticker" not in columns or close == pl.String  # else others may be left out already
    if whole and told.height and told["close"].null_count() == told.height:
        raise InvalidInput(f"{where}: column '{columns['close']}' holds no number")
    # Yahoo's 0 in a column of splits means that there was none.
    none = "split" in columns and (told["split"] == 0).any()
    return told.with_columns(split=pl.col("split").replace(0.0, 1.0)) if none else told


def _is_number(kind: pl.DataType) -> bool:
    return kind.is_numeric() or kind == pl.Null


def _read_texts(texts: dict[str, pl.Series], where: str, separator: str, said: str | None) -> list[pl.Series]:
    """What stands as text, which is given up. `said`: the decimal sign, where the user says it."""
    columns, held = [], list(texts.values())
    if said:
        check_decimal(held, where, said)
    decimal = said or find_decimal(held, where, separator=separator)
    del held
    for name in list(texts):
        column = texts.pop(name)
        read = read_numbers(column, where, decimal=decimal)
        if name in ACTIONS:
            _require_read(column, read, where)
        columns.append(read.fill_nan(None).alias(name))
    return columns


def _absent(columns: Mapping[str, str]) -> list[pl.Expr]:
    return [pl.lit(None, pl.Float64).alias(name) for name in NUMBERS if name not in columns]


def _require_finite(raw: pl.DataFrame, actions: Mapping[str, str], where: str) -> None:
    """Of actions that stand as numbers. NaN is how some tools write that there is nothing."""
    infinite = (pl.col(column).cast(pl.Float64).is_infinite().any() for column in actions.values())
    for column, wrong in zip(actions.values(), raw.select(infinite).row(0) if actions else (), strict=True):
        if wrong:
            place = raw[column].cast(pl.Float64).is_infinite().arg_true()[0]
            _refuse(raw[column], int(place), where)


def _require_read(column: pl.Series, read: pl.Series, where: str) -> None:
    """An action that cannot be read would be lost, and with it what it earned."""
    if wrong := unread(column, read):
        _refuse(column, column.to_list().index(wrong[0]), where)


def _refuse(column: pl.Series, place: int, where: str) -> None:
    raise InvalidInput(
        f"{where}: row {place + 1} below the heading holds {column[place]!r} in '{column.name}'; expected a number"
    )


def name_tickers(columns: Mapping[str, str], ticker: str | None) -> pl.Expr:
    """The ticker of each row: as its column says, or the one of the file."""
    if "ticker" not in columns:
        return pl.repeat(ticker, pl.len(), dtype=pl.String).alias("ticker")
    return pl.col(columns["ticker"]).cast(pl.String).str.strip_chars().alias("ticker")


def _moments(column: pl.Series) -> pl.Series:
    """The date with its time, as written; where none has a time, null: the date alone tells."""
    timed = column.dtype != pl.Date
    if column.dtype == pl.String:
        timed = column.str.contains(":", literal=True).any()
    elif isinstance(column.dtype, pl.Datetime):
        timed = (column.dt.time() != dt.time(0)).any()
    return (
        column.alias("moment")
        if timed
        else pl.repeat(None, len(column), dtype=pl.Date, eager=True).alias("moment")
    )


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
    matched = {
        name: next(plain[known] for known in knowns if known in plain)
        for name, knowns in NAMES.items()
        if any(known in plain for known in knowns)
    }
    if "date" not in matched and columns and columns[0].lower() in ("", "index", "unnamed: 0", "column_1"):
        matched["date"] = columns[0]
    return matched
