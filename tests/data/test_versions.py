"""Every version that a model names can be read again, however old: what it saw, exactly."""

import datetime as dt
import json
import os
import shutil
import time
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import data_version, read_prices
from ml_core.data.store import tables
from ml_core.data.store.retention import free_space
from ml_core.data.store.store import open_store
from ml_core.errors import InvalidInput, StoreFailed
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment

NOW = dt.datetime(2024, 12, 31, 23, tzinfo=dt.UTC)
LONG_AGO = 90 * 86_400
STAMPS = {"remove": "deletionTimestamp", "add": "modificationTime", "commitInfo": "timestamp"}


def ask(file: Path) -> Experiment:
    files = {"source": "files", "files": {"path": str(file)}}
    return Experiment.model_validate(
        {"name": "kept", "universe": {"tickers": ["AAA"], "calendar": "data"}, "data": files}
    )


def write_closes(file: Path, closes: list[float]) -> None:
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=place) for place in range(len(closes))]
    pl.DataFrame({"date": days, "ticker": "AAA", "close": closes}).write_parquet(file)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(experiment, home, prices of each version) of a store whose one bar is corrected, day after day."""
    folder = tmp_path_factory.mktemp("made")
    file, home = folder / "bars.parquet", Home(folder / "home")
    seen = {}
    for place in range(4):
        write_closes(file, [10.0, 11.0, 12.0 + place / 100, 11.5, 11.6, 11.7])
        refresh(ask(file), home, now=NOW)
        seen[data_version(ask(file), home)] = read_prices(ask(file), home)
    return ask(file), home, seen


@pytest.fixture
def corrected(made, tmp_path):
    """The same in a home of the test's own."""
    experiment, home, seen = made
    return experiment, Home(shutil.copytree(home.root, tmp_path / "home")), seen


def make_old(folder: Path) -> None:
    """As if everything in the log had happened three months ago."""
    for entry in (folder / "_delta_log").glob("*.json"):
        actions = [json.loads(line) for line in entry.read_text().splitlines()]
        for action in actions:
            for name, field in (
                ("remove", "deletionTimestamp"),
                ("add", "modificationTime"),
                ("commitInfo", "timestamp"),
            ):
                if field in action.get(name, {}):
                    action[name][field] = int((time.time() - LONG_AGO) * 1000)
        entry.write_text("\n".join(json.dumps(action) for action in actions))
    for path in folder.rglob("*"):
        os.utime(path, (time.time() - LONG_AGO,) * 2)


def test_a_version_reads_exactly_as_it_was(corrected):
    experiment, home, seen = corrected
    assert len(seen) == 4
    for version, prices in seen.items():
        assert read_prices(experiment, home, version=version).equals(prices)


@pytest.mark.parametrize("version", [99, -1])
def test_a_version_that_never_was_is_told_with_those_that_are(corrected, version):
    experiment, home, seen = corrected
    with pytest.raises(StoreFailed, match=f"no version {version}; there are 0 to {max(seen)}$"):
        read_prices(experiment, home, version=version)


def test_cleaning_keeps_the_named_and_the_newest_version_and_frees_the_rest(corrected):
    experiment, home, seen = corrected
    folder = open_store(experiment, home).bars.folder
    make_old(folder)
    first, second, _, newest = seen
    freed = free_space(open_store(experiment, home), named=[second])
    assert freed.files > 0
    for version in (second, newest):
        assert read_prices(experiment, home, version=version).equals(seen[version])
    with pytest.raises((StoreFailed, pl.exceptions.PolarsError, OSError)):
        read_prices(experiment, home, version=first)


def test_what_left_the_table_lately_is_not_deleted(corrected):
    experiment, home, seen = corrected
    assert free_space(open_store(experiment, home), named=[]).files == 0
    for version, prices in seen.items():
        assert read_prices(experiment, home, version=version).equals(prices)


def test_a_short_retention_or_an_unknown_version_is_refused(corrected):
    experiment, home, _ = corrected
    with pytest.raises(InvalidInput, match="at least 7"):
        free_space(open_store(experiment, home), named=[], days=1)
    with pytest.raises(InvalidInput, match="version 99"):
        free_space(open_store(experiment, home), named=[99])


def test_old_versions_outlive_the_logs_own_housekeeping(tmp_path):
    """Delta drops log entries of 30 days ago once a checkpoint stands for them, unless told not to."""
    folder = tmp_path / "table"
    for place in range(12):
        tables.merge(folder, pl.DataFrame({"key": [place], "value": [1.0]}), ["key"])
        if place == 8:
            DeltaTable(folder).create_checkpoint()
    make_old(folder)
    DeltaTable(folder).cleanup_metadata()
    old = tables.read(folder, version=5)
    assert old is not None
    assert old.collect()["key"].sort().to_list() == list(range(5))
