"""Delta tables on disk: keyed merge in, rows of any version out. A lost race is run again on a fresh view."""

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import polars as pl

from ml_core.errors import StoreFailed

if TYPE_CHECKING:
    from deltalake import DeltaTable

TRIES = 30
MANY_FILES = 64
# By default a checkpoint drops log entries of 30 days ago, and with them the versions that models name.
KEPT = {"delta.enableExpiredLogCleanup": "false", "delta.logRetentionDuration": "interval 36500 days"}


@dataclass(frozen=True)
class Written:
    """What a merge changed. `version` is the table's version after it."""

    inserted: int
    updated: int
    version: int
    deleted: int = 0


def merge(
    folder: Path,
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
    from deltalake.exceptions import CommitFailedError, DeltaError

    last: Exception | None = None
    for attempt in range(TRIES):
        try:
            return _merge_once(
                _open_or_create(folder, rows), rows, key, ignore=ignore, replace=replace, drop=drop
            )
        except (CommitFailedError, FileExistsError) as error:
            last = error
            time.sleep(0.01 * 2 ** min(attempt, 6) * (0.5 + os.getpid() % 16 / 16))
        except (DeltaError, OSError, pl.exceptions.PolarsError) as error:
            if "already exists" not in str(error):
                raise StoreFailed(f"{folder}: cannot be written: {_line(error)}") from None
            last = error
    raise StoreFailed(f"{folder}: other writers won {TRIES} times: {last}")


def read(folder: Path, *, version: int | None = None) -> pl.LazyFrame | None:
    """The rows of a version, by default the newest; None where there is no table."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    if not exists(folder):
        return None
    try:
        table = DeltaTable(str(folder))
        if version is not None:
            if not 0 <= version <= table.version():
                raise StoreFailed(f"{folder}: no version {version}; there are 0 to {table.version()}")
            table.load_as_version(version)
        _require_whole(table, folder)
        return _scan(table)
    except (DeltaError, OSError) as error:
        wanted = "" if version is None else f" at version {version}"
        raise StoreFailed(f"{folder}: cannot be read{wanted}: {_line(error)}") from None


def _require_whole(table: "DeltaTable", folder: Path) -> None:
    """Every data file is there at its recorded size: a file that was cut off is named before anything reads it."""
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    for name, size in actions.select("path", "size_bytes").iter_rows():
        file = folder / unquote(name)
        if not file.is_file() or file.stat().st_size != size:
            raise StoreFailed(
                f"{file}: a data file is missing or damaged; restore it, or refresh into another --home"
            )


def gather(rows: pl.LazyFrame, folder: Path) -> pl.DataFrame:
    """What `read` promised; a data file that is missing or damaged is told as one line."""
    try:
        return rows.collect()
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise StoreFailed(f"{folder}: a data file is missing or damaged: {_line(error)}") from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how polars meets a file that was cut off
            raise
        raise StoreFailed(f"{folder}: a data file is damaged") from None


def exists(folder: Path) -> bool:
    from deltalake import DeltaTable

    return DeltaTable.is_deltatable(str(folder))


def newest_version(folder: Path) -> int | None:
    """None where there is no table."""
    from deltalake import DeltaTable

    return DeltaTable(str(folder)).version() if exists(folder) else None


def tidy(folder: Path, *, many: int = MANY_FILES) -> bool:
    """Gather a table of many small files into few; its content and its older versions stay as they are."""
    from deltalake import DeltaTable
    from deltalake.exceptions import CommitFailedError

    if not exists(folder):
        return False
    table = DeltaTable(str(folder))
    if len(table.file_uris()) <= many:
        return False
    try:
        table.optimize.compact()
    except CommitFailedError:
        return False
    return True


def vacuum(folder: Path, *, keep: Iterable[int], days: int) -> list[str]:
    """Delete data files that no version in `keep`, nor the newest, needs, and that left the table `days` ago."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    if not exists(folder):
        return []
    table = DeltaTable(str(folder))
    kept = sorted({*keep, table.version()})
    try:
        return table.vacuum(retention_hours=24 * days, dry_run=False, keep_versions=kept)
    except (DeltaError, OSError) as error:
        raise StoreFailed(f"{folder}: cannot be cleaned: {_line(error)}") from None


def _scan(table: "DeltaTable") -> pl.LazyFrame:
    """Polars takes a file's place as a URI writes it, so a home with a space in its path is scanned file by file."""
    if "%" not in table.table_uri:
        return pl.scan_delta(table)
    files = [Path(unquote(urlsplit(uri).path)) for uri in table.file_uris()]
    if not files:
        return pl.DataFrame(table.to_pyarrow_table()).lazy()
    return pl.scan_parquet(files, glob=False, missing_columns="insert")


def _open_or_create(folder: Path, rows: pl.DataFrame) -> "DeltaTable":
    from deltalake import DeltaTable

    if not exists(folder):
        rows.clear().write_delta(str(folder), mode="error", delta_write_options={"configuration": KEPT})
    return DeltaTable(str(folder))


def _merge_once(
    table: "DeltaTable",
    rows: pl.DataFrame,
    key: list[str],
    *,
    ignore: tuple[str, ...],
    replace: Sequence[str],
    drop: pl.DataFrame | None,
) -> Written:
    compared = [column for column in rows.columns if column not in key and column not in ignore]
    asked = rows.select(key) if drop is None else pl.concat([rows.select(key), drop.select(key)])
    stored = _stored_beside(table, asked, key, replace=replace)
    new = [pl.lit(None, kind).alias(name) for name, kind in rows.schema.items() if name not in stored.columns]
    stored = stored.with_columns(new)
    fresh = rows.join(stored, on=key, how="anti")
    changed = _changed(rows, stored, key, compared)
    gone = stored.filter(pl.col(key[0]).is_in(list(replace))).join(rows, on=key, how="anti")
    dropped = stored.join(drop, on=key, how="semi").select(rows.columns) if drop is not None else rows.clear()
    if not (fresh.height or changed.height or gone.height or dropped.height):
        return Written(0, 0, table.version())
    rewritten = list(gone[key[0]].unique())
    source = pl.concat([fresh, changed]).filter(~pl.col(key[0]).is_in(rewritten))
    source = pl.concat([source, rows.filter(pl.col(key[0]).is_in(rewritten))])
    matched = " AND ".join(f"s.{column} = t.{column}" for column in key)
    values = {column: f"s.{column}" for column in rows.columns}
    source = pl.concat([source.with_columns(drop=pl.lit(False)), dropped.with_columns(drop=pl.lit(True))])
    merging = table.merge(
        source, predicate=matched, source_alias="s", target_alias="t", merge_schema=bool(new)
    )
    merging = merging.when_not_matched_insert(values, predicate="NOT s.drop")
    if dropped.height:
        merging = merging.when_matched_delete(predicate="s.drop")
    if changed.height or rewritten:
        merging = merging.when_matched_update(values)
    if rewritten:
        names = ", ".join(_quoted(name) for name in rewritten)
        merging = merging.when_not_matched_by_source_delete(predicate=f"t.{key[0]} IN ({names})")
    merging.execute()
    return Written(fresh.height, changed.height, table.version(), gone.height + dropped.height)


def _stored_beside(
    table: "DeltaTable", rows: pl.DataFrame, key: list[str], *, replace: Sequence[str]
) -> pl.DataFrame:
    """The stored rows that could share a key with `rows`: found by the files' ranges, without reading all."""
    in_range = pl.lit(True)
    for column in key:
        low, high = rows[column].min(), rows[column].max()
        if low is not None:
            in_range &= pl.col(column).is_between(pl.lit(low), pl.lit(high))
    stored = _scan(table).filter(in_range | pl.col(key[0]).is_in(list(replace)))
    return gather(stored, Path(unquote(urlsplit(table.table_uri).path)))


def _changed(rows: pl.DataFrame, stored: pl.DataFrame, key: list[str], compared: list[str]) -> pl.DataFrame:
    if not compared or stored.is_empty():
        return rows.clear()
    beside = rows.join(stored.select(*key, *compared), on=key, how="inner", suffix="__stored")
    differs = [pl.col(column).ne_missing(pl.col(f"{column}__stored")) for column in compared]
    return beside.filter(pl.any_horizontal(differs)).select(rows.columns)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
