"""Tables in a bucket of S3, by way of the store's own code, on a server that plays S3: what holds on a disk holds
there, and no writer's rows are lost."""

import datetime as dt
import json
import re
import subprocess
import sys
from collections.abc import Iterator

import polars as pl
import pytest
from obstore.store import S3Store

from ml_core.data.store import tables
from ml_core.data.store.bars import BarTable
from ml_core.data.store.deltalog import LOG
from ml_core.data.store.places import list_names, read_bytes
from ml_core.errors import InvalidInput, StoreFailed
from ml_core.home.bucket import Bucket, open_bucket
from ml_core.home.settings import Settings, open_home
from tests.cli.command_line import run
from tests.data.test_adjustment import make_bars
from tests.market import write_experiment
from tests.servers import ObjectStore, run_object_store

NOW = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)
YEAR = 365 * 86_400_000  # in milliseconds
WRITERS, ROWS = 3, 4
WRITER = """
import sys
import polars as pl
from ml_core.data.store import tables
from ml_core.home.bucket import open_bucket

writer = int(sys.argv[2])
for row in range(int(sys.argv[3])):
    tables.merge(open_bucket(sys.argv[1]), pl.DataFrame({"k": [f"{writer}-{row}"], "v": [row]}), ["k"])
"""


@pytest.fixture(scope="module")
def s3() -> Iterator[ObjectStore]:
    with run_object_store("bars") as running:
        yield running


@pytest.fixture
def folder(s3, monkeypatch, tmp_path, request) -> Bucket:
    """One of the test's own, reached by what AWS's variables say."""
    for name, value in {**s3.environment, "XDG_CACHE_HOME": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(name, value)
    return open_bucket(f"s3://bars/{request.node.name.partition('[')[0][:60]}")


def rows(*keys: str) -> pl.DataFrame:
    return pl.DataFrame({"k": list(keys), "v": [1] * len(keys)})


def kept(folder: Bucket, version: int | None = None) -> list[str]:
    found = tables.read(folder, version=version)
    return [] if found is None else sorted(tables.gather(found, folder)["k"])


def test_what_is_written_is_read_and_every_version_stays(folder):
    store, bars = BarTable(folder), make_bars([10.0, 11.0, 12.0])
    assert store.version() is None and store.read().is_empty()
    first = store.write(bars, observed_at=NOW)
    assert store.write(bars, observed_at=NOW).version == first.version
    changed = bars.with_columns(pl.when(pl.col("close") == 11.0).then(11.5).otherwise("close").alias("close"))
    assert store.write(changed, observed_at=NOW).updated == 1
    assert store.read().equals(changed)
    assert store.read(version=first.version).equals(bars)


def test_a_commit_that_lost_the_race_is_made_again_on_what_won(folder, monkeypatch):
    tables.merge(folder, rows("first"), ["k"])
    compare, meanwhile = tables._compare, [rows("theirs")]

    def compare_slowly(*given, **named):
        change = compare(*given, **named)
        if meanwhile:
            tables.merge(folder, meanwhile.pop(), ["k"])
        return change

    monkeypatch.setattr(tables, "_compare", compare_slowly)
    done = tables.merge(folder, rows("ours"), ["k"])
    assert kept(folder) == ["first", "ours", "theirs"]
    assert kept(folder, done.version - 1) == ["first", "theirs"]


def test_no_row_of_processes_that_write_at_once_is_lost_and_none_stands_twice(folder):
    command = [sys.executable, "-c", WRITER, str(folder)]
    started = [subprocess.Popen([*command, str(writer), str(ROWS)]) for writer in range(WRITERS)]
    assert [one.wait(60) for one in started] == [0] * WRITERS
    assert kept(folder) == sorted(f"{writer}-{row}" for writer in range(WRITERS) for row in range(ROWS))


def test_a_file_is_fetched_once_and_a_damaged_copy_is_fetched_again(folder, s3):
    tables.merge(folder, rows("a"), ["k"])
    assert kept(folder) == ["a"]
    before = len(fetched(s3, folder))
    assert kept(folder) == ["a"] and len(fetched(s3, folder)) == before
    [copy] = folder.copies.glob("*.parquet")
    copy.write_bytes(copy.read_bytes()[:-1])
    assert kept(folder) == ["a"] and len(fetched(s3, folder)) == before + 1


def fetched(s3: ObjectStore, folder: Bucket) -> list[str]:
    path = folder.address.removeprefix("s3:/")
    return [one for one in s3.requests() if one.startswith(f"GET {path}/") and ".parquet" in one]


def make_old(folder: Bucket) -> None:
    """As if all of it had been written a year ago."""
    for name in list_names(folder / LOG):
        bucket, _, key = f"{folder / LOG / name}".removeprefix("s3://").partition("/")
        text = read_bytes(folder / LOG / name).decode()
        aged = re.sub(
            r'(Timestamp|Time|timestamp)":(\d{13})', lambda at: f'{at[1]}":{int(at[2]) - YEAR}', text
        )
        S3Store(bucket, client_options={"allow_http": True}).put(key, aged.encode())


def test_old_files_are_freed_and_what_is_named_stays(folder):
    versions = [
        tables.merge(folder, rows("a").with_columns(v=pl.lit(value)), ["k"]).version for value in range(3)
    ]
    make_old(folder)
    assert len(tables.vacuum(folder, keep=[versions[0]], days=30)) == 1
    assert kept(folder) == kept(folder, versions[0]) == ["a"]
    with pytest.raises(StoreFailed, match=f"{folder}/.*a data file is missing"):
        kept(folder, versions[1])


def test_the_command_line_keeps_its_tables_there_and_answers_as_with_a_disk(
    folder, s3, new_home, tmp_path, monkeypatch
):
    file, on_disk, in_bucket = str(write_experiment(tmp_path)), new_home().root, new_home().root
    said = []
    for home, tables_at in ((on_disk, ""), (in_bucket, str(folder))):
        monkeypatch.setenv("CANDORCAST_TABLES", tables_at)
        for command in ("refresh", "predict"):
            done = run(command, file, "--home", str(home), "--json")
            assert done.exit_code == 0, done.stderr
        said.append(json.loads(done.stdout)["forecasts"])
    assert said[0] == said[1] != []
    assert list(on_disk.rglob("*.parquet")) and not list(in_bucket.rglob("*.parquet"))
    entries = [one for one in s3.requests() if one.startswith("PUT") and folder.copies.name in one]
    assert all(any(f"/{kind}/" in one for one in entries) for kind in ("bars", "coverage", "forecasts"))


@pytest.mark.usefixtures("ray_cluster")
def test_a_search_reads_its_bars_there_and_its_winner_is_audited_registered_and_forecasts(
    folder, s3, new_home, tmp_path, monkeypatch
):
    monkeypatch.setenv("CANDORCAST_TABLES", str(folder))
    file, home = str(write_experiment(tmp_path)), new_home().root
    quick = ("--set", 'search.families=["ridge"]', "--set", "search.trials=1", "--set", "validation.folds=1")

    def tell(*command: str) -> dict:
        done = run(*command, file, *quick, "--home", str(home), "--json")
        assert done.exit_code in (0, 1), done.stderr
        return json.loads(done.stdout)

    tell("refresh")
    searched = tell("search")
    assert [trial["status"] for trial in searched["ledger"]] == ["finished"]
    assert {row["version"] for row in tell("predict", "--version", searched["version"])["forecasts"]} == {
        searched["version"]
    }
    put = [one for one in s3.requests() if one.startswith("PUT") and folder.copies.name in one]
    assert all(any(f"/{kind}/" in one for one in put) for kind in ("bars", "coverage", "forecasts"))
    assert {one.relative_to(home).parts[0] for one in home.rglob("*.parquet")} <= {"searches"}


@pytest.mark.usefixtures("folder")
def test_what_s3_refuses_is_one_line_that_names_it():
    with pytest.raises(StoreFailed, match=r"^s3://nobody/x/.*bucket does not exist") as told:
        tables.read(open_bucket("s3://nobody/x"))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "address", ["bars", "s", " ", "s3:", "s3://", "s3://b", "https://bars/x", "s3://bars/x y", "s3://Bars"]
)
def test_an_address_that_is_none_is_refused_at_the_door(monkeypatch, address):
    monkeypatch.setenv("CANDORCAST_TABLES", address)
    with pytest.raises(
        InvalidInput,
        match=r"^CANDORCAST_TABLES: .*expected s3://BUCKET or s3://BUCKET/FOLDER, the bucket in 3 to 63 ",
    ):
        Settings()


def test_without_its_package_the_extra_is_named_at_the_door(tmp_path, monkeypatch):
    monkeypatch.setattr("ml_core.home.bucket.find_spec", lambda _: None)
    with pytest.raises(
        InvalidInput, match=r"^CANDORCAST_TABLES: s3://bars: .*pip install 'candorcast\[s3\]'"
    ):
        open_home(tmp_path, tables="s3://bars")
