"""Reads Parquet files of the same columns at once: a folder may hold thousands of small ones, and to begin with each
costs more than what stands in it. Whatever is odd about a file is left to be read, and told, by itself."""

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from pathlib import Path

import polars as pl

from ml_core.data.files.columns import FOUND, NUMBERS, find_columns, read_columns
from ml_core.data.files.headers import pair_header
from ml_core.data.files.tables import PARQUET, FileRows, is_wanted
from ml_core.data.files.writing import Writing
from ml_core.errors import InvalidInput

AT_ONCE = 64  # files: what one read holds in memory beside what is kept of it
FILE = "file it came from"
ColumnTypes = tuple[tuple[str, pl.DataType], ...]


def read_alike(
    files: Mapping[Path, str | None], wanted: Collection[str], how: Writing = FOUND
) -> Iterator[tuple[Path, FileRows]]:
    """The same as of each file by itself, of those that can be read together. `files`: with the ticker of each, for
    those without a column of tickers."""
    kinds: dict[ColumnTypes, list[Path]] = {}
    for file, ticker in files.items():
        if schema := _plain_schema(file, ticker, wanted, how):
            kinds.setdefault(schema, []).append(file)
    for schema, alike in kinds.items():
        left = iter(alike) if len(alike) > 1 else iter(())
        while some := list(islice(left, AT_ONCE)):
            yield from _read(some, schema, files, wanted, how)


def _plain_schema(
    file: Path, ticker: str | None, wanted: Collection[str], how: Writing
) -> ColumnTypes | None:
    """Where dates and numbers are such by their type, how they are written is no matter of the file."""
    if file.suffix.lower() not in PARQUET:
        return None
    try:
        schema = pl.read_parquet_schema(file)
        columns = find_columns(list(schema), str(file), ticker=ticker, how=how)
    except (pl.exceptions.PolarsError, OSError, InvalidInput):
        return None
    numbers = (schema[columns[name]] for name in NUMBERS if name in columns)
    plain = schema[columns["date"]] == pl.Date and all(kind.is_numeric() for kind in numbers)
    anothers = "ticker" not in columns and ticker not in wanted
    paired = not how.columns.named and pair_header(list(schema))
    return tuple(schema.items()) if plain and not anothers and not paired else None


def _read(
    files: list[Path],
    schema: ColumnTypes,
    tickers: Mapping[Path, str | None],
    wanted: Collection[str],
    how: Writing,
) -> Iterator[tuple[Path, FileRows]]:
    columns = find_columns([name for name, _ in schema], str(files[0]), ticker="", how=how)
    named = {str(file): tickers[file] for file in files}
    scan = pl.scan_parquet(files, glob=False, include_file_paths=FILE).select(*columns.values(), FILE)
    if "ticker" in columns:
        scan = scan.filter(is_wanted(columns, None, wanted))
    try:
        raw = scan.collect()
        runs = raw[FILE].rle().struct.unnest()
        if "ticker" not in columns:
            raw = raw.with_columns(ticker=pl.col(FILE).replace_strict(named, return_dtype=pl.String))
        table = read_columns(raw.drop(FILE), "files", how=how)
    except (pl.exceptions.PolarsError, OSError, InvalidInput):
        return
    start = 0
    for length, name in runs.iter_rows():
        rows, start = table.slice(start, length), start + length
        if "ticker" in columns:
            yield Path(name), FileRows(rows, None)
        elif rows["close"].null_count() < length:
            yield Path(name), FileRows(rows, frozenset({str(named[name])}))
