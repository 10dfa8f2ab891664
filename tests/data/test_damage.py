"""A store that was damaged: the log in any of many ways, any bit of any data file, a disk that is full. One line that
names the place, and never a number that is not what was written."""

import datetime as dt
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from ml_core.data.store import tables
from ml_core.data.store.bars import BarTable
from ml_core.errors import StoreFailed
from tests.cli.command_line import run
from tests.data.test_adjustment import make_bars
from tests.market import write_experiment

NOW = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)


def entries(log: Path) -> list[Path]:
    return sorted(log.glob("*.json"))


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def checkpoint(log: Path) -> Path:
    DeltaTable(str(log.parent)).create_checkpoint()
    return next(log.glob("*.checkpoint*.parquet"))


def keep_first_line(entry: Path) -> None:
    entry.write_text(entry.read_text().splitlines()[0] + "\n")


def change_a_range(entry: Path) -> None:
    year = entry.read_text().partition('maxValues\\": {')[2].partition('\\"date\\": \\"')[2][:4]
    entry.write_text(entry.read_text().replace(f"{year}-", f"{int(year) - 900}-"))


def damage_checkpoint(log: Path) -> None:
    checkpoint(log).write_bytes(b"no Parquet")
    (log / "_last_checkpoint").write_bytes(b"\x00 no hint either")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "the newest entry cut off": lambda log: halve(entries(log)[-1]),
    "the newest entry cut off after a line": lambda log: keep_first_line(entries(log)[-1]),
    "the newest entry empty": lambda log: entries(log)[-1].write_bytes(b""),
    "a digit of the newest entry": lambda log: change_a_range(entries(log)[-1]),
    "an entry of garbage": lambda log: entries(log)[1].write_bytes(random.Random(0).randbytes(300)),
    "an entry of other JSON": lambda log: entries(log)[1].write_text("[1, 2]\n"),
    "the first entry missing": lambda log: entries(log)[0].unlink(),
    "an entry in between missing": lambda log: entries(log)[1].unlink(),
    "every entry missing": lambda log: [entry.unlink() for entry in entries(log)],
    "a checkpoint cut off": lambda log: halve(checkpoint(log)),
    "a checkpoint missing": lambda log: checkpoint(log).unlink(),
    "a checkpoint of garbage": damage_checkpoint,
}


@pytest.fixture
def store(tmp_path):
    made = BarTable(tmp_path / "bars" / "series")
    for place in range(3):
        made.write(make_bars([10.0 + place] * 30, ticker=f"X{place}"), observed_at=NOW)
    return made


def flip(content: bytes, dice: random.Random) -> bytes:
    flipped = bytearray(content)
    flipped[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    return bytes(flipped)


@pytest.mark.parametrize("place", range(4))
def test_any_flipped_bit_of_a_log_entry_gives_the_right_rows_or_one_line(store, place):
    """Entry 0 makes the table, the others put files in; a last one also takes one out."""
    store.write(make_bars([99.0] * 30, ticker="X1"), observed_at=NOW)
    entry = entries(store.folder / "_delta_log")[(0, 1, 2, -1)[place]]
    content, sound, dice, told = entry.read_bytes(), store.read(), random.Random(place), 0
    for _ in range(300):
        entry.write_bytes(flip(content, dice))
        try:
            assert store.read().equals(sound), entry.read_text(errors="replace")
        except StoreFailed as error:
            told += 1
            assert str(store.folder) in str(error) and "\n" not in str(error)
    entry.write_bytes(content)
    assert store.read().equals(sound) and told > 30


@pytest.mark.parametrize("key", ["size", "path", "stats", "add", "filesDigest", "commitInfo", "remove"])
def test_a_key_of_a_log_entry_that_is_another_word_is_one_line_that_names_the_entry(store, key):
    store.write(make_bars([99.0] * 30, ticker="X1"), observed_at=NOW)
    entry = entries(store.folder / "_delta_log")[-1]
    entry.write_text(entry.read_text().replace(f'"{key}"', f'"{key[:-1]}f"'))
    with pytest.raises(StoreFailed, match=f"{entry.name}: an entry of the table's log is damaged"):
        store.read()


@pytest.mark.parametrize("line", ["[1, 2]", "7", "null", '{"add": 3}', '{"commitInfo": null}', "[" * 100_000])
def test_a_log_entry_of_any_other_shape_is_one_line_that_names_the_entry(store, line):
    entry = entries(store.folder / "_delta_log")[-1]
    entry.write_text(f"{line}\n{entry.read_text()}")
    with pytest.raises(StoreFailed, match=f"{entry.name}: an entry of the table's log is damaged"):
        store.read()


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_log_is_one_line_that_names_its_folder(store, damage):
    damage(store.folder / "_delta_log")
    asked = [
        store.version, store.read, store.spans, lambda: store.read(version=1),
        lambda: store.write(make_bars([1.0]), observed_at=NOW),
        lambda: tables.vacuum(store.folder, keep=(), days=7),
    ]  # fmt: skip
    told = []
    for ask in asked:
        try:
            ask()
        except StoreFailed as error:
            told.append(str(error))
    assert len(told) >= len(asked) - 1, told  # version 1 may still be read without what is damaged
    assert all(str(store.folder) in line and "\n" not in line for line in told)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """(experiment, home) with two sessions of refreshes."""
    folder = tmp_path_factory.mktemp("stored")
    file, home = str(write_experiment(folder)), folder / "home"
    assert run("refresh", file, "--home", str(home)).exit_code == 0
    bars = next((home / "store" / "bars").iterdir())
    tables.merge(
        bars, pl.DataFrame(tables.read(bars).collect().head(1).with_columns(close=1.5)), ["ticker", "date"]
    )
    return file, home


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_every_command_tells_a_damaged_log_in_one_line(stored, tmp_path, damage):
    file, sound = stored
    home = Path(shutil.copytree(sound, tmp_path / "home"))
    damage(next((home / "store" / "bars").iterdir()) / "_delta_log")
    for command in ("data", "refresh", "evaluate"):
        done = run(command, file, "--home", str(home))
        lines = [line for line in done.stderr.splitlines() if not line.startswith(">")]
        assert done.exit_code == 1, (command, done.stderr, done.exception)
        assert len(lines) == 1, lines
        assert "_delta_log" in lines[0] or "its log is damaged" in lines[0]


def test_bars_that_left_with_the_newest_log_entries_are_told_as_lost_and_come_back(stored, tmp_path):
    file, sound = stored
    home = Path(shutil.copytree(sound, tmp_path / "home"))
    for entry in entries(next((home / "store" / "bars").iterdir()) / "_delta_log")[1:]:
        entry.unlink()
    done = run("data", file, "--home", str(home))
    assert done.exit_code == 2
    assert "the store has lost the bars of " in done.stderr
    assert done.stderr.rstrip().endswith(f"run: candorcast refresh {file} --home {home} --whole")
    assert run("refresh", file, "--home", str(home), "--whole").exit_code == 0
    assert run("data", file, "--home", str(home)).exit_code == 0


def test_any_flipped_bit_of_a_data_file_is_told_and_never_read(store):
    files = sorted(store.folder.glob("*.parquet"))
    dice, sound = random.Random(7), store.read()
    for _ in range(150):
        file = dice.choice(files)
        content, place = file.read_bytes(), dice.randrange(file.stat().st_size)
        flipped = bytearray(content)
        flipped[place] ^= 1 << dice.randrange(8)
        file.write_bytes(flipped)
        with pytest.raises(StoreFailed, match=f"{file.name}: a data file is damaged"):
            store.read()
        file.write_bytes(content)
    assert store.read().equals(sound)


def test_a_read_asks_nothing_of_files_that_it_does_not_need(store):
    """What is damaged elsewhere is told to those who read it."""
    for file in store.folder.glob("*.parquet"):
        if "X2" in pl.read_parquet(file)["ticker"]:
            file.write_bytes(b"")
    assert store.read(("X0", "X1")).height == 60
    with pytest.raises(StoreFailed, match="data file is damaged"):
        store.read(("X2",))


def test_a_damaged_file_is_not_written_over_as_if_it_were_sound(store):
    file = next(file for file in store.folder.glob("*.parquet") if "X1" in pl.read_parquet(file)["ticker"])
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 8
    file.write_bytes(content)
    before = store.version()
    with pytest.raises(StoreFailed, match=file.name):
        store.write(make_bars([99.0], ticker="X1"), observed_at=NOW)
    assert store.version() == before


FILL = """
import datetime as dt, resource, signal, sys
from pathlib import Path
from ml_core.data.store.bars import BarTable
from ml_core.errors import StoreFailed
from tests.data.test_adjustment import make_bars
now, most = dt.datetime(2024, 6, 1, tzinfo=dt.UTC), int(sys.argv[2])
store = BarTable(Path(sys.argv[1]) / "bars" / "series")
store.write(make_bars([10.0, 11.0]), observed_at=now)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
try:
    store.write(make_bars([float(place % 97) + 1 for place in range(3000)], ticker="Y"), observed_at=now)
except StoreFailed as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(store.read().height, store.write(make_bars([12.0], ticker="Z"), observed_at=now).inserted)
"""


@pytest.mark.parametrize("most", [0, 300, 2000])
def test_a_disk_that_is_full_is_one_line_and_leaves_the_table_as_it_was(tmp_path, most):
    """A file that may not grow beyond a limit meets what a full disk meets, in a data file or in the log."""
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path), str(most)],
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    told, after = done.stdout.splitlines()
    assert f"{tmp_path / 'bars' / 'series'}: cannot be written: " in told
    assert "too large" in told
    assert (after, done.stderr) == ("2 1", "")


def make_as_before(folder: Path, bars: pl.DataFrame) -> None:
    """A table as older versions of this program made it: names without a checksum, entries without a digest."""
    stamped = bars.with_columns(observed_at=pl.lit(NOW, dtype=pl.Datetime("us", "UTC")))
    stamped.clear().write_delta(str(folder), mode="error")
    for part in stamped.partition_by("ticker"):
        merging = DeltaTable(str(folder)).merge(part, "s.ticker = t.ticker AND s.date = t.date", "s", "t")
        merging.when_not_matched_insert_all().execute()


def test_a_table_of_older_versions_is_read_and_gets_its_checksums_with_the_next_write(tmp_path):
    store, bars = (
        BarTable(tmp_path / "bars" / "series"),
        pl.concat([make_bars([1.0, 2.0], ticker=name) for name in "AB"]),
    )
    make_as_before(store.folder, bars)
    assert store.read().equals(bars)
    assert store.write(bars, observed_at=NOW).version == store.version() == 2
    written = store.write(make_bars([5.0], ticker="C"), observed_at=NOW)
    assert (written.inserted, written.updated, written.version) == (1, 0, 3)
    assert store.read(("A", "B")).equals(bars)
    assert store.read(version=2).equals(bars)
    live = pl.DataFrame(DeltaTable(str(store.folder)).get_add_actions(flatten=True))["path"]
    assert all(len(Path(name).stem.rpartition("-")[2]) == 64 for name in live)


def test_an_entry_of_the_log_carries_the_digest_of_what_it_does(store):
    entry = json.loads(entries(store.folder / "_delta_log")[-1].read_text().splitlines()[0])
    assert len(entry["commitInfo"]["filesDigest"]) == 64
