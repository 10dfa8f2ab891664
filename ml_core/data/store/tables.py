"""Merges rows into Delta tables by key and reads any version of them. A write that lost a race is run again on a
fresh view."""

import os
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

import polars as pl

from ml_core.data.store.datafiles import ROWS, DataFile, scan_files, write_files
from ml_core.data.store.deltalog import (
    add_columns,
    columns_of,
    commit,
    create_log,
    list_files,
    open_log,
    told,
)
from ml_core.data.store.places import forget
from ml_core.errors import StoreFailed
from ml_core.home.bucket import Place

if TYPE_CHECKING:
    from deltalake import DeltaTable

TRIES = 30
MANY_FILES, SMALL = 64, ROWS // 4  # more files of fewer rows than that are gathered with the next write


@dataclass(frozen=True)
class Written:
    """What a merge changed. `version` is the table's version after it."""

    inserted: int
    updated: int
    version: int
    deleted: int = 0


def merge(
    folder: Place,
    rows: pl.DataFrame,
    key: list[str],
    *,
    ignore: tuple[str, ...] = (),
    replace: Sequence[str] = (),
    drop: pl.DataFrame | None = None,
) -> Written:
    """Insert new keys and update changed rows, in one commit; what stands there already makes no new version.

    A change in a column of `ignore` is none. Tickers in `replace` keep no row that is not in `rows`; the keys in
    `drop` keep none.
    """
    for attempt in range(TRIES):
        table = open_log(folder)
        if table is None:
            create_log(folder, rows)
        elif not add_columns(folder, table, rows):
            change = _compare(folder, table, rows, key, ignore=ignore, replace=replace, drop=drop)
            if change.nothing:
                return change.told(table.version())
            version = _apply(folder, table, change, key)
            if version is not None:
                return change.told(version)
            time.sleep(0.01 * 2 ** min(attempt, 6) * (0.5 + os.getpid() % 16 / 16))
    raise StoreFailed(
        f"{folder}: other processes wrote first {TRIES} times in a row; nothing was written, run it again"
    )


def read(
    folder: Place,
    *,
    version: int | None = None,
    within: Mapping[str, tuple[Any, Any]] | None = None,
    among: Mapping[str, Collection[str]] | None = None,
) -> pl.LazyFrame | None:
    """The rows of a version, by default the newest; None where there is no table.

    Of files that cannot hold what is asked for nothing is read: `within` are columns with a lowest and a highest
    value, either None where it is open, and `among` columns with the values that are wanted.
    """
    table = open_log(folder, version)
    if table is None:
        return None
    within, among = within or {}, among or {}
    with told(folder, "cannot be read"):
        files = [file for file in list_files(table) if file.overlaps(within)]
        files = [file for file in files if all(file.may_hold(*one) for one in among.items())]
        rows = scan_files(folder, files, columns_of(table))
    for name, wanted in among.items():
        rows = rows.filter(pl.col(name).is_in(list(wanted)))
    for name, (low, high) in within.items():
        rows = rows if low is None else rows.filter(pl.col(name) >= pl.lit(low))
        rows = rows if high is None else rows.filter(pl.col(name) <= pl.lit(high))
    return rows


def gather(rows: pl.LazyFrame, folder: Place) -> pl.DataFrame:
    """What `read` promised; a data file that is missing or damaged is told as one line."""
    with told(folder, "a data file is missing or damaged"):
        return rows.collect()


def newest_version(folder: Place) -> int | None:
    """None where there is no table."""
    table = open_log(folder)
    return None if table is None else table.version()


def span(folder: Place, column: str, *, version: int | None = None) -> tuple[Any, Any] | None:
    """The lowest and highest value of a key column, as the log knows them; None where there are no rows."""
    table = open_log(folder, version)
    files = list_files(table) if table else []
    ranges = [file.ranges[column] for file in files if column in file.ranges]
    return (min(low for low, _ in ranges), max(high for _, high in ranges)) if ranges else None


def vacuum(folder: Place, *, keep: Iterable[int], days: int) -> list[str]:
    """Delete data files that no version in `keep`, nor the newest, needs, and that left the table `days` ago."""
    table = open_log(folder)
    if table is None:
        return []
    kept = sorted({*keep, table.version()})
    with told(folder, "cannot be cleaned"):
        gone = table.vacuum(retention_hours=24 * days, dry_run=False, keep_versions=kept)
    forget(folder, gone)
    return gone


@dataclass(frozen=True)
class _Change:
    """What a merge does to a table: rows that are new, rows that stand instead of stored ones, keys of stored rows
    that go, and the files that hold any of those."""

    fresh: pl.DataFrame
    instead: pl.DataFrame
    gone: pl.DataFrame
    touched: tuple[DataFile, ...]
    updated: int

    @property
    def nothing(self) -> bool:
        return not (self.fresh.height or self.instead.height or self.gone.height)

    def told(self, version: int) -> Written:
        return Written(self.fresh.height, self.updated, version, self.gone.height)


def _compare(
    folder: Place,
    table: "DeltaTable",
    rows: pl.DataFrame,
    key: list[str],
    *,
    ignore: tuple[str, ...],
    replace: Sequence[str],
    drop: pl.DataFrame | None,
) -> _Change:
    asked = rows.select(key) if drop is None else pl.concat([rows.select(key), drop.select(key)])
    files = _files_beside(list_files(table), asked, key, replace=replace)
    if not files:
        return _Change(rows, rows.clear(), asked.clear(), (), 0)
    stored = _stored_beside(folder, files, asked, key, replace=replace, columns=columns_of(table))
    compared = [column for column in rows.columns if column not in key and column not in ignore]
    changed = _changed(rows, stored, key, compared)
    gone = stored.filter(pl.col(key[0]).is_in(list(replace))).join(rows, on=key, how="anti").select(key)
    if drop is not None:
        dropped = stored.join(drop, on=key, how="semi").join(rows, on=key, how="anti").select(key)
        gone = pl.concat([gone, dropped]).unique()
    # a ticker whose history is another one now is written whole, the columns that are no news included
    rewritten = gone.filter(pl.col(key[0]).is_in(list(replace)))[key[0]].unique()
    restated = rows.filter(pl.col(key[0]).is_in(rewritten.to_list())).join(stored, on=key, how="semi")
    instead = pl.concat([changed, restated.join(changed, on=key, how="anti")])
    dead = pl.concat([instead.select(key), gone])
    holding = set(stored.join(dead, on=key, how="semi")["file"])
    touched = tuple(file for place, file in enumerate(files) if place in holding)
    return _Change(rows.join(stored, on=key, how="anti"), instead, gone, touched, changed.height)


def _files_beside(
    files: list[DataFile], asked: pl.DataFrame, key: list[str], *, replace: Sequence[str]
) -> list[DataFile]:
    """Those that could hold a key that is asked for, by their ranges, or a ticker that is replaced."""
    spans = _spans(asked, key)
    return [
        file
        for file in files
        if (spans is not None and file.overlaps(spans)) or (replace and file.may_hold(key[0], replace))
    ]


def _stored_beside(
    folder: Place,
    files: list[DataFile],
    asked: pl.DataFrame,
    key: list[str],
    *,
    replace: Sequence[str],
    columns: pl.Schema,
) -> pl.DataFrame:
    """The stored rows that could share a key with what is asked for, each with the place of its `file`."""
    spans = _spans(asked, key)
    spanned = (
        pl.col(name).is_between(pl.lit(low), pl.lit(high)) for name, (low, high) in (spans or {}).items()
    )
    wanted = reduce(and_, spanned, pl.lit(spans is not None)) | pl.col(key[0]).is_in(list(replace))
    parts = [
        scan_files(folder, [file], columns).filter(wanted).with_columns(file=pl.lit(place, pl.Int64))
        for place, file in enumerate(files)
    ]
    return gather(pl.concat(parts), folder)


def _spans(asked: pl.DataFrame, key: list[str]) -> dict[str, tuple[Any, Any]] | None:
    """The lowest and highest value of each column of the key; None where nothing is asked for."""
    if asked.is_empty():
        return None
    return {name: (asked[name].min(), asked[name].max()) for name in key if not asked[name].has_nulls()}


def _changed(rows: pl.DataFrame, stored: pl.DataFrame, key: list[str], compared: list[str]) -> pl.DataFrame:
    if not compared or stored.is_empty():
        return rows.clear()
    beside = rows.join(stored.select(*key, *compared), on=key, how="inner", suffix="__stored")
    differs = [pl.col(column).ne_missing(pl.col(f"{column}__stored")) for column in compared]
    return beside.filter(pl.any_horizontal(differs)).select(rows.columns)


def _apply(folder: Place, table: "DeltaTable", change: _Change, key: list[str]) -> int | None:
    """Files are never changed: what stays of those that are touched is written anew, beside what is new."""
    files, columns = list_files(table), columns_of(table)
    small = [file for file in files if file.rows < SMALL]
    gathered = {file.name: file for file in (*small, *change.touched) if len(small) > MANY_FILES}
    gathered |= {file.name: file for file in change.touched}
    gathered |= {file.name: file for file in files if file.checksum is None}
    stay = gather(scan_files(folder, gathered.values(), columns), folder)
    dead = pl.concat([change.instead.select(key), change.gone])
    if dead.height:
        stay = stay.join(dead, on=key, how="anti")
    parts = [part for part in (stay, change.instead, change.fresh) if part.height]
    with told(folder, "cannot be written"):
        rows = pl.concat(parts or [stay], how="diagonal").select(
            pl.col(name).cast(kind) for name, kind in columns.items()
        )
        added = write_files(folder, rows, key) if parts else []
    return commit(folder, table, added, list(gathered.values()))
