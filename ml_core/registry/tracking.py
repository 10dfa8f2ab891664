"""Connects to MLflow: the database under a home, or a server. Where a home is only read, no file of it changes."""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ml_core.home.settings import Home
from ml_core.registry.client import open_client, told

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

LOCAL = "sqlite:///"
# MLflow makes a folder for whatever follows its own prefix, a query too; this spelling is only SQLAlchemy's.
BY_URI = "sqlite+pysqlite:///"
PLANNED = ("runs", "latest_metrics", "tags", "params")  # the history of metrics is asked for by its run alone
PLACES = "SELECT experiment_id, name, artifact_location FROM experiments"
SERVED = "mlflow-artifacts:"
PATHS = (("runs", "artifact_uri"), ("model_versions", "source"), ("model_versions", "storage_location"))
MOVE = "UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE instr({column}, ?) = 1"


def connect(home: Home) -> MlflowClient:
    """A client, quietly. A database under a home that is written is migrated once and put in write-ahead mode."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    if not home.tracking_uri.startswith(LOCAL):
        return open_client(home.tracking_uri)
    database = Path(home.tracking_uri.removeprefix(LOCAL))
    if home.reads:
        if not database.is_file():
            return cast("MlflowClient", _Empty())
        return open_client(f"{BY_URI}{locate(database)}&uri=true")
    client = open_client(home.tracking_uri)
    client.search_experiments(max_results=1)
    with told(home.tracking_uri), closing(sqlite3.connect(database)) as opened:
        opened.execute("PRAGMA journal_mode=WAL")
        if database.parent == home.root:
            move_in(opened, home)
        measure(opened)
    return client


def measure(database: sqlite3.Connection) -> None:
    """Tell SQLite how large its tables are, by which it plans, whenever there are twice as many runs: else MLflow's
    page of the best of 10,000 takes ten seconds. With 50,000 this is half a second. Where it cannot be done just now,
    as another writes or the disk is full, whoever comes next does it."""
    with suppress(sqlite3.OperationalError):
        [runs] = database.execute("SELECT count(*) FROM runs").fetchone()
        if runs > 2 * _noted(database):
            analyzed = "".join(f"ANALYZE {table};" for table in PLANNED)
            anew = "DROP TABLE IF EXISTS sqlite_stat1"  # a connection that is open reads only a new one
            database.executescript(f"PRAGMA busy_timeout = 0; BEGIN; {anew}; {analyzed} COMMIT;")


def _noted(database: sqlite3.Connection) -> int:
    """How many runs there were when SQLite was told last."""
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchone():
        return 0
    noted = database.execute("SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = 'runs'")
    return noted.fetchone()[0] or 0


def move_in(database: sqlite3.Connection, home: Home) -> None:
    """MLflow writes down where the files of an experiment lie, as a whole path: in a home that was copied or moved
    they would be written where it lay before. What lies behind a server has another address, and stays."""
    for experiment, name, place in database.execute(PLACES).fetchall():
        own = (home.artifacts / name).as_uri()
        if place == own or place.startswith(SERVED):
            continue
        with database:
            database.execute(
                "UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?", (own, experiment)
            )
            for table, column in PATHS:
                database.execute(MOVE.format(table=table, column=column), (own, len(place) + 1, f"{place}/"))


def locate(database: Path) -> str:
    """The address by which SQLite opens it so that nothing under a home changes that cannot be written.

    Beside a database in write-ahead mode SQLite keeps two files while it is open. Where it cannot make them nobody
    else can write either, and the file is read as it lies; but not what a writer that was ended left beside it, so
    then both are read from a copy.
    """
    if os.access(database.parent, os.W_OK) and os.access(database, os.W_OK):
        return f"file:{database}?mode=rw"
    left = database.with_name(database.name + "-wal")
    if left.is_file() and left.stat().st_size:
        folder = Path(tempfile.mkdtemp(prefix="candorcast-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        for file in (database, left):
            (folder / file.name).write_bytes(file.read_bytes())
        return f"file:{folder / database.name}?mode=rw"
    return f"file:{database}?mode=ro&immutable=1"


class _Empty:
    """What a client answers where nothing was ever registered; none is made for the question."""

    def search_model_versions(self, *_: Any, **__: Any) -> list[Any]:
        return []

    search_registered_models = search_model_versions

    def get_model_version_by_alias(self, name: str, alias: str) -> None:
        from mlflow.exceptions import MlflowException

        raise MlflowException(f"{name}: nothing is registered as {alias}")

    get_model_version = get_model_version_by_alias
