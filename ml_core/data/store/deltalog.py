"""A table's Delta log: opened at a version, its data files listed, files put in their place in one commit. Whatever is
wrong with it is told in one line that names it."""

import hashlib
import json
import re
import sys
import textwrap
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import polars as pl

from ml_core.data.store.datafiles import SIGNED, DataFile
from ml_core.data.store.places import FileState, delta_options, find_states, list_names, read_bytes
from ml_core.errors import StoreFailed
from ml_core.home.bucket import Place

if TYPE_CHECKING:
    from deltalake import DeltaTable

LOG = "_delta_log"
DIGEST, TOKEN = "filesDigest", "commitToken"
COLOURED = re.compile(r"\x1b\[\d+m")
ENTRY = re.compile(r"(\d{20})\.(json$|checkpoint\.)")
# By default a checkpoint drops log entries of 30 days ago, and with them the versions that models name.
KEPT = {"delta.enableExpiredLogCleanup": "false", "delta.logRetentionDuration": "interval 36500 days"}

# Entries that were found whole in this process: a place with its size and time.
_whole: dict[Place, FileState] = {}


@contextmanager
def told(folder: Place, what: str) -> Iterator[None]:
    """Any failure of the libraries inside becomes one line."""
    from deltalake.exceptions import DeltaError

    try:
        yield
    except (DeltaError, OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise StoreFailed(f"{folder}: {what}: {_line(error)}") from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how Rust's libraries meet what they did not expect
            raise
        raise StoreFailed(f"{folder}: {what}: {_line(error)}") from None


def open_log(folder: Place, version: int | None = None) -> "DeltaTable | None":
    """The table as a version left it, by default the newest; None where there is no table."""
    from deltalake import DeltaTable

    if not has_log(folder):
        return None
    with told(folder, "its log is damaged"):
        _require_whole(folder, version)
        table = DeltaTable(str(folder), storage_options=delta_options(folder))
    newest = table.version()
    if version is None or version == newest:
        return table
    if not 0 <= version <= newest:
        raise StoreFailed(f"{folder}: no version {version}; there are 0 to {newest}")
    with told(folder, f"cannot be read at version {version}"):
        table.load_as_version(version)
    return table


def has_log(folder: Place) -> bool:
    """Data files without a log are no table that was never made, but one that has lost it."""
    with told(folder, "cannot be read"):
        if any(name.endswith(".json") for name in list_names(folder / LOG)):
            return True
        if any(name.endswith(".parquet") for name in list_names(folder)):
            raise StoreFailed(f"{folder / LOG}: the table's log is gone; restore it from a copy")
    return False


def create_log(folder: Place, rows: pl.DataFrame) -> bool:
    """An empty table of these columns; False where another writer has made it meanwhile."""
    from deltalake import DeltaTable

    with told(folder, "cannot be written"):
        try:
            DeltaTable.create(
                str(folder),
                schema=rows.clear().to_arrow().schema,
                configuration=KEPT,
                storage_options=delta_options(folder),
            )
        except Exception as error:
            if not has_log(folder):
                raise error
            return False
    return True


def list_files(table: "DeltaTable") -> list[DataFile]:
    """The data files of the opened version."""
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    ranged = [name.removeprefix("min.") for name in actions.columns if name.startswith("min.")]
    files = []
    for row in actions.iter_rows(named=True):
        ranges = {name: (row[f"min.{name}"], row[f"max.{name}"]) for name in ranged}
        known = {name: span for name, span in ranges.items() if None not in span}
        files.append(DataFile(row["path"], row["size_bytes"], row["num_records"] or 0, known))
    return files


def columns_of(table: "DeltaTable") -> pl.Schema:
    return pl.Schema(table.schema().to_arrow())


def add_columns(folder: Place, table: "DeltaTable", rows: pl.DataFrame) -> bool:
    """Columns of the rows that the table lacks become its own, in a commit; False where there are none."""
    from deltalake import Schema
    from deltalake.exceptions import CommitFailedError

    known = columns_of(table)
    if not (new := [name for name in rows.columns if name not in known]):
        return False
    with told(folder, "cannot be written"), suppress(CommitFailedError):  # another writer's: looked at afresh
        table.alter.add_columns(Schema.from_arrow(rows.select(new).clear().to_arrow().schema).fields)
    return True


def commit(
    folder: Place, table: "DeltaTable", added: Collection[DataFile], removed: Collection[DataFile]
) -> int | None:
    """Files in and files out as the version after the opened one; None where another writer has made that version."""
    from deltalake.exceptions import DeltaError
    from deltalake.transaction import AddAction, CommitProperties, RemoveAction

    now, version, token = int(time.time() * 1000), table.version() + 1, uuid.uuid4().hex
    ins = [AddAction(file.name, file.size, {}, now, True, file.stats) for file in added]
    outs = [RemoveAction(file.name, True, now, file.size, {}) for file in removed]
    sums = {TOKEN: token, DIGEST: _digest([(a.path, a.size, a.stats) for a in ins], [o.path for o in outs])}
    once = CommitProperties(
        max_commit_retries=0, custom_metadata=sums
    )  # never on top of what was not looked at
    entry = folder / LOG / f"{version:020d}.json"
    with told(folder, "cannot be written"):
        try:
            table.create_write_transaction([*ins, *outs], "append", table.schema(), commit_properties=once)
        except (DeltaError, OSError) as error:
            try:
                written = read_bytes(entry)
            except FileNotFoundError:
                raise error from None
            return version if token.encode() in written else None
    return version


def _require_whole(folder: Place, version: int | None) -> None:
    """Every entry that the library will read, those since the checkpoint before that version, says what it was
    written to say: a part that was cut off would be missing in silence."""
    last = sys.maxsize if version is None or version < 0 else version
    names = [match for name in list_names(folder / LOG) if (match := ENTRY.match(name))]
    begun = max((int(name[1]) for name in names if name[2] != "json" and int(name[1]) <= last), default=-1)
    read = [name.string for name in names if name[2] == "json" and begun < int(name[1]) <= last]
    for name, state in find_states(folder / LOG, read).items():
        entry = folder / LOG / name
        if _whole.get(entry) != state:
            _require_entry(entry)
            _whole[entry] = state


def _require_entry(entry: Place) -> None:
    try:
        lines = [json.loads(line) for line in read_bytes(entry).decode().rstrip("\n").split("\n")]
        whole = all(isinstance(line, dict) for line in lines) and _is_whole(lines)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):  # no shape can be relied on
        whole = False
    if not whole:
        raise StoreFailed(f"{entry}: an entry of the table's log is damaged; restore it from a copy")


def _is_whole(lines: list[dict[str, Any]]) -> bool:
    """Entries of other kinds, and those of older versions of this program, carry no digest; none that puts in a file
    with a checksum, or takes one out, was written without."""
    wanted = next((line["commitInfo"].get(DIGEST) for line in lines if "commitInfo" in line), None)
    ins = [
        (line["add"]["path"], line["add"]["size"], line["add"]["stats"]) for line in lines if "add" in line
    ]
    outs = [line["remove"]["path"] for line in lines if "remove" in line]
    if wanted is None:
        return not any(SIGNED.search(name) for name in (*(file[0] for file in ins), *outs))
    return wanted == _digest(ins, outs)


def _digest(added: list[tuple[str, int, str | None]], removed: list[str]) -> str:
    return hashlib.sha256(json.dumps([sorted(added), sorted(removed)]).encode()).hexdigest()


def _line(error: BaseException) -> str:
    """The libraries tell the cause on the lines after the first."""
    lines = [COLOURED.sub("", line).strip(" ↳") for line in str(error).splitlines()]
    return textwrap.shorten(": ".join(filter(None, lines)) or type(error).__name__, 300)
