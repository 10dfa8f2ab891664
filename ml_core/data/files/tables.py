"""Opens a Parquet or text file as a table, as it stands there, with only the columns and rows that are of use."""

import csv
from collections.abc import Collection, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import polars as pl

from ml_core.data.files.columns import FOUND, NUMBERS, find_columns, name_tickers, read_columns
from ml_core.data.files.headers import Header, lengthen, pair_header, read_header
from ml_core.data.files.numerals import NO_VALUE
from ml_core.data.files.writing import Writing
from ml_core.errors import InvalidInput

PARQUET = (".parquet", ".pq")
TEXT = (".csv", ".txt", ".tsv")
HEAD = 3  # lines that can be names
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
REMARK = "#"  # begins a line that is none of the table
EMPTY = "is empty; expected rows of date, ticker and close"


class FileRows(NamedTuple):
    """Those of the wanted tickers, and those that name none; and all `tickers` of the file, None where the others
    were not looked at."""

    table: pl.DataFrame
    tickers: frozenset[str] | None


def read_file(file: Path, ticker: str | None, wanted: Collection[str], how: Writing = FOUND) -> FileRows:
    """How dates and numbers are written is a file's own way, if the user does not say it: all of its rows tell,
    whichever are wanted."""
    try:
        _refuse_unreadable(file)
        separator, whole = ",", True
        if _is_parquet(file):
            raw, whole = _read_parquet(file, ticker, wanted, how)
        else:
            separator = how.separator or _separator(file)
            raw = _read_text(file, ticker, wanted, separator, how)
        held = [raw]  # and by nobody else: `read_columns` lets go of what it has read
        del raw
    except pl.exceptions.NoDataError:
        raise InvalidInput(f"{file}: {EMPTY}") from None
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise InvalidInput(f"{file}: cannot be read: {line}") from None
    table = read_columns(held.pop(), str(file), ticker=ticker, how=how, separator=separator)
    tickers = frozenset(table["ticker"].drop_nulls().unique()) if whole else None
    if ticker and not tickers and whole:
        tickers = frozenset({ticker})
    if tickers is None or tickers <= set(wanted):
        return FileRows(table, tickers)
    return FileRows(table.filter(_is_among(pl.col("ticker"), wanted)), tickers)


def read_tickers(file: Path, how: Writing = FOUND) -> frozenset[str]:
    """All that a Parquet file with a column of tickers holds."""
    scan = pl.scan_parquet(file, glob=False)
    columns = find_columns(scan.collect_schema().names(), str(file), how=how)
    return frozenset(scan.select(name_tickers(columns, None).unique()).collect()["ticker"].drop_nulls())


def is_wanted(columns: Mapping[str, str], ticker: str | None, wanted: Collection[str]) -> pl.Expr:
    """Of rows as they stand in a file."""
    return _is_among(name_tickers(columns, ticker), wanted)


def _is_among(ticker: pl.Expr, wanted: Collection[str]) -> pl.Expr:
    return ticker.is_in(list(wanted)) | ticker.is_null()


def _is_parquet(file: Path) -> bool:
    return file.suffix.lower() in PARQUET


def _refuse_unreadable(file: Path) -> None:
    with file.open("rb") as start:
        first = start.read(2)
    if not first:
        raise InvalidInput(f"{file}: {EMPTY}")
    if first in UTF_16:
        raise InvalidInput(f"{file}: is written in UTF-16; expected UTF-8")
    if not _is_parquet(file):
        _refuse_encoding(file)


def _refuse_encoding(file: Path) -> None:
    with file.open("rb") as start:
        lines = b"".join(islice(start, HEAD))
    try:
        lines.decode()
    except UnicodeDecodeError as error:
        strange = lines[error.start : error.start + 1].decode("cp1252", "replace")
        raise InvalidInput(
            f"{file}: its first lines are not written in UTF-8 (a byte that may stand for '{strange}'); expected "
            "UTF-8: in Excel, save it as CSV UTF-8"
        ) from None


def _read_parquet(
    file: Path, ticker: str | None, wanted: Collection[str], how: Writing
) -> tuple[pl.DataFrame, bool]:
    """The table, and whether it is the whole: where dates and numbers are such by their type, other tickers' rows
    tell nothing and are left where they are."""
    scan = pl.scan_parquet(file, glob=False)
    schema = scan.collect_schema()
    if not how.columns.named and (header := pair_header(schema.names())):
        return lengthen(_some(scan.collect(), file), header, str(file)), True
    columns = find_columns(schema.names(), str(file), ticker=ticker, how=how)
    date, numbers = schema[columns["date"]], [schema[columns[name]] for name in NUMBERS if name in columns]
    apart = (
        "ticker" in columns
        and isinstance(date, pl.Date | pl.Datetime)
        and all(kind.is_numeric() for kind in numbers)
    )
    if _is_anothers(columns, ticker, wanted):
        return scan.select(list(columns.values())).head(0).collect(), True
    kept = scan.filter(is_wanted(columns, ticker, wanted)) if apart else scan
    table = kept.select(list(columns.values())).collect()
    if table.is_empty():  # of a file without rows, or without those that are wanted
        _some(scan.head(1).collect(), file)
    return table, not apart


def _read_text(
    file: Path, ticker: str | None, wanted: Collection[str], separator: str, how: Writing
) -> pl.DataFrame:
    """Every column as text: a number or a date is made where its column is known."""
    scan, header = _scan_text(file, separator, how)
    _refuse_wider(file, separator, len(scan.collect_schema().names()))
    if header:
        wide = scan.collect().with_columns(pl.all().replace(list(NO_VALUE), None))
        return lengthen(_some(wide, file), header, str(file))
    columns = find_columns(scan.collect_schema().names(), str(file), ticker=ticker, how=how)
    needed = scan.select(list(columns.values()))
    return (
        needed.head(0).collect() if _is_anothers(columns, ticker, wanted) else _some(needed.collect(), file)
    )


def _refuse_wider(file: Path, separator: str, width: int) -> None:
    """A row that says more than its heading has names: which of its fields is which price is not known. Separators are
    counted first, since few rows have too many."""
    lines = pl.scan_csv(
        file,
        separator="\x01",
        quote_char=None,
        infer_schema=False,
        has_header=False,
        new_columns=["line"],
        comment_prefix=REMARK,
        glob=False,
    )
    many = pl.col("line").str.count_matches(separator, literal=True) >= width
    for row, line in lines.with_row_index("row").filter(many).collect().iter_rows():
        _, *beyond = next(csv.reader([line], delimiter=separator))[width - 1 :] or [""]
        if said := next((one.strip() for one in beyond if one.strip()), ""):
            raise InvalidInput(
                f"{file}: line {row + 1} has more fields than the {width} of its heading: '{said[:40]}' belongs to "
                f"none; expected one for each, parted by '{separator}'"
            )


def _is_anothers(columns: Mapping[str, str], ticker: str | None, wanted: Collection[str]) -> bool:
    """Whether the whole file is of one ticker that nobody asks for."""
    return "ticker" not in columns and ticker not in wanted


def _scan_text(file: Path, separator: str, how: Writing) -> tuple[pl.LazyFrame, Header | None]:
    """Where the user names columns, they stand in one row."""
    header = (
        None
        if how.columns.named
        else read_header(list(csv.reader(_head(file), delimiter=separator)), str(file))
    )
    scan = pl.scan_csv(
        file,
        separator=separator,
        infer_schema=False,
        comment_prefix=REMARK,
        truncate_ragged_lines=True,
        glob=False,
        has_header=header is None,
        skip_rows=header.rows if header else 0,
    )
    return scan, header


def _some(table: pl.DataFrame, file: Path) -> pl.DataFrame:
    if table.is_empty():
        raise InvalidInput(f"{file}: has no rows; expected date, ticker and close")
    return table


def _head(file: Path) -> list[str]:
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        told = (line for line in lines if not line.startswith(REMARK))
        return [line for _, line in zip(range(HEAD), told, strict=False)]


def _separator(file: Path) -> str:
    return "\t" if file.suffix.lower() == ".tsv" else max(";,\t|", key=_head(file)[0].count)
