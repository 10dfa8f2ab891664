"""Delta tables on disk: keyed merge in, rows of any version out. A lost race is run again on a fresh view."""

import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ml_core.errors import StoreFailed

TRIES = 12


@dataclass(frozen=True)
class Written:
    """What a merge changed. `version` is the table's version after it."""

    inserted: int
    updated: int
    version: int


def merge(folder: Path, rows: pl.DataFrame, key: list[str], *, ignore: tuple[str, ...] = ()) -> Written:
    """Insert new keys, update changed rows. Rows that stand there already make no new version; columns of
    `ignore` do not count as a change."""
    from deltalake import DeltaTable
    from deltalake.exceptions import CommitFailedError, DeltaError

    compared = [column for column in rows.columns if column not in key and column not in ignore]
    changed = " OR ".join(f"(s.{column} IS DISTINCT FROM t.{column})" for column in compared)
    matched = " AND ".join(f"s.{column} = t.{column}" for column in key)
    last: Exception | None = None
    for attempt in range(TRIES):
        try:
            if not DeltaTable.is_deltatable(str(folder)):
                rows.clear().write_delta(str(folder), mode="error")
            table = DeltaTable(str(folder))
            metrics = (
                table.merge(rows, predicate=matched, source_alias="s", target_alias="t")
                .when_matched_update_all(predicate=changed)
                .when_not_matched_insert_all()
                .execute()
            )
            return Written(
                metrics["num_target_rows_inserted"], metrics["num_target_rows_updated"], _version(folder)
            )
        except (CommitFailedError, FileExistsError) as error:
            last = error
            time.sleep(0.02 * 2 ** min(attempt, 6))
        except (DeltaError, OSError) as error:
            if "already exists" in str(error) and attempt < TRIES - 1:
                continue
            raise StoreFailed(f"{folder}: cannot be written: {str(error).splitlines()[0]}") from None
    raise StoreFailed(f"{folder}: other writers won {TRIES} times: {last}")


def read(folder: Path, *, version: int | None = None) -> pl.LazyFrame | None:
    """The rows of a version, by default the newest; None where there is no table."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    if not DeltaTable.is_deltatable(str(folder)):
        return None
    try:
        return pl.scan_delta(str(folder), version=version)
    except (DeltaError, OSError) as error:
        wanted = "" if version is None else f" at version {version}"
        raise StoreFailed(f"{folder}: cannot be read{wanted}: {str(error).splitlines()[0]}") from None


def newest_version(folder: Path) -> int | None:
    """None where there is no table."""
    from deltalake import DeltaTable

    return _version(folder) if DeltaTable.is_deltatable(str(folder)) else None


def _version(folder: Path) -> int:
    from deltalake import DeltaTable

    return DeltaTable(str(folder)).version()
