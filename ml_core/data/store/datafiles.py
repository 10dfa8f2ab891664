"""Writes rows to Parquet files whose names carry their checksum, and checks each file before it is read. A damaged
file is noticed, not believed."""

import datetime as dt
import hashlib
import io
import json
import re
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from ml_core.data.store.places import at_hand, write_new
from ml_core.errors import StoreFailed
from ml_core.home.bucket import Place

ROWS = 2**15  # of a file: little to write again where one bar is corrected, and few files for a whole market
GROUP = 2**13  # rows of a group inside a file: what a read of one ticker has to unpack
SIGNED = re.compile(r"-([0-9a-f]{64})\.parquet$")
RANGED = (pl.String, pl.Date, pl.Int32, pl.Int64)

# What was found whole in this process: a file's place with its size and time. A file is never written twice.
_whole: dict[Path, tuple[int, int]] = {}


@dataclass(frozen=True)
class DataFile:
    """One file of a table: its name in the log, and the ranges of its key columns where they are known."""

    name: str
    size: int
    rows: int
    ranges: Mapping[str, tuple[Any, Any]]

    @property
    def checksum(self) -> str | None:
        """None in a table of an older version of this program, until its next write."""
        match = SIGNED.search(self.name)
        return match[1] if match else None

    @property
    def stats(self) -> str:
        """The ranges as the log keeps them."""
        ends = [{name: _plain(span[end]) for name, span in self.ranges.items()} for end in (0, 1)]
        nulls = dict.fromkeys(self.ranges, 0)
        content = {"numRecords": self.rows, "minValues": ends[0], "maxValues": ends[1], "nullCount": nulls}
        return json.dumps(content)

    def overlaps(self, within: Mapping[str, tuple[Any, Any]]) -> bool:
        """Whether a row may lie within all these ranges; an end that is None is open."""
        return not any(
            (high is not None and high < self.ranges[name][0])
            or (low is not None and low > self.ranges[name][1])
            for name, (low, high) in within.items()
            if name in self.ranges
        )

    def may_hold(self, column: str, values: Collection[str]) -> bool:
        if column not in self.ranges:
            return True
        low, high = self.ranges[column]
        return any(low <= value <= high for value in values)


def write_files(folder: Place, rows: pl.DataFrame, key: Sequence[str]) -> list[DataFile]:
    """The rows in files of like size, each of few years and a range of keys, so that a read can pass most of them."""
    return [_write_file(folder, part, key) for part in _parts(rows, key)]


def find_whole(folder: Place, files: Collection[DataFile]) -> list[Path]:
    """Where these files can be read; one that is not as it was written is named before anything reads it."""
    names = [unquote(file.name) for file in files]
    paths = at_hand(folder, names)
    for name, path, file in zip(names, paths, files, strict=True):
        if not _is_whole(path, file):
            [again] = at_hand(folder, [name], afresh=True)  # of a bucket only the copy may be damaged
            if not _is_whole(again, file):
                how = "damaged" if again.exists() else "missing"
                raise StoreFailed(
                    f"{folder / name}: a data file is {how}; restore it from a copy, or refresh into another --home"
                )
    return paths


def scan_files(folder: Place, files: Collection[DataFile], schema: pl.Schema) -> pl.LazyFrame:
    """The rows of these files; a column that came later is null in those before it."""
    if not files:
        return pl.LazyFrame(schema=schema)
    return pl.scan_parquet(find_whole(folder, files), glob=False, schema=schema, missing_columns="insert")


def _is_whole(path: Path, file: DataFile) -> bool:
    try:
        stat = path.stat()
    except OSError:
        return False
    state = (stat.st_size, stat.st_mtime_ns)
    if _whole.get(path) == state:
        return True
    if stat.st_size != file.size or (file.checksum and _checksum(path) != file.checksum):
        return False
    _whole[path] = state
    return True


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parts(rows: pl.DataFrame, key: Sequence[str]) -> Iterator[pl.DataFrame]:
    dated = next((name for name in key if rows.schema[name] == pl.Date), None)
    periods = _periods(rows, dated) if dated and rows.height > ROWS else [rows]
    for period in periods:
        ordered, count = period.sort(key), -(-period.height // ROWS)
        ends = [place * period.height // count for place in range(count + 1)]
        for start, end in pairwise(ends):
            yield ordered.slice(start, end - start)


def _periods(rows: pl.DataFrame, dated: str) -> Iterator[pl.DataFrame]:
    """The rows year by year; years of few rows together."""
    years = rows[dated].dt.year()
    counts = years.alias("year").value_counts().sort("year")
    together, height = [], 0
    for place, (value, count) in enumerate(counts.iter_rows()):
        together.append(value)
        height += count
        if height >= ROWS or place == counts.height - 1:
            yield rows.filter(years.is_in(together, nulls_equal=True))
            together, height = [], 0


def _write_file(folder: Place, rows: pl.DataFrame, key: Sequence[str]) -> DataFile:
    """Made in memory first: the checksum is of what was meant, and a full disk is met by us and not by a library."""
    packed = io.BytesIO()
    rows.write_parquet(packed, compression="zstd", row_group_size=GROUP)
    content = packed.getbuffer()
    name = f"{uuid.uuid4().hex[:12]}-{hashlib.sha256(content).hexdigest()}.parquet"
    write_new(folder / name, content)
    ranges = {
        column: (rows[column].min(), rows[column].max())
        for column in key
        if rows.schema[column] in RANGED and not rows[column].has_nulls() and rows.height
    }
    return DataFile(name, len(content), rows.height, ranges)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
