"""Refreshes that are killed, run at once, or find the disk full: the store reads, and the next run makes it whole.

`CANDORCAST_KILLS` sets how many are killed; `make faults` runs the full number.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.data.store.store import open_store
from ml_core.home.settings import Home
from tests.faults.refreshing import NOW, ask, day

KILLS = int(os.environ.get("CANDORCAST_KILLS", "10"))
LAST = 360
STEP = 3
KEY = ["ticker", "date"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> pl.DataFrame:
    home = Home(tmp_path_factory.mktemp("undisturbed"))
    refresh(ask(day(LAST)), home, now=NOW)
    return read(home)


def read(home: Home) -> pl.DataFrame:
    return open_store(ask(day(LAST)), home).bars.prices().sort(KEY)


def start(home: Home, first: int, last: int = LAST, *, step: int = STEP, most_bytes: int = 0):
    command = [sys.executable, "-m", "tests.faults.refreshing", str(home.root)]
    command += [str(number) for number in (first, last, step, most_bytes)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"POLARS_MAX_THREADS": "1"},
    )


def reached(process: subprocess.Popen, word: str) -> int:
    """The place of the first line that starts so."""
    assert process.stdout
    for line in process.stdout:
        if line.startswith(word):
            return int(line.split()[1])
    raise AssertionError(f"the refresh ended without '{word}'")


def test_killed_at_any_moment_the_store_reads_and_one_run_makes_it_whole(tmp_path, undisturbed):
    home, chance = Home(tmp_path), random.Random(5)
    stood, place, kills, cut_short = 0, 9, 0, 0
    while kills < KILLS:
        process = start(home, place)
        try:
            place = reached(process, "done") + STEP  # the first run of a process spends its time on imports
            time.sleep(chance.uniform(0, 0.35))
        finally:
            process.send_signal(signal.SIGKILL)
            rest = process.communicate()[0]
        kills += 1
        cut_short += rest.rstrip().rpartition("\n")[2][:5] != "done "
        done = [int(line.split()[1]) for line in rest.splitlines() if line.startswith("done ")]
        bars = read(home)
        assert bars.height == bars.select(KEY).n_unique()
        assert bars.height >= stood, "rows were lost"
        assert bars.equals(undisturbed.join(bars, on=KEY, how="semi").sort(KEY)), (
            "a row is not as it was written"
        )
        if done:
            assert bars["date"].max() >= undisturbed.filter(pl.col("date") <= day(done[-1]))["date"].max()
        stood, place = bars.height, (done[-1] + STEP if done else place)
        if place > LAST - 30:
            place = 9
    assert cut_short > KILLS / 2, "most kills should fall into a refresh, not between two"
    refresh(ask(day(LAST)), home, now=NOW)
    assert read(home).equals(undisturbed)


def test_two_refreshes_at_once_leave_one_row_for_each_key(tmp_path, undisturbed):
    home = Home(tmp_path)
    both = [start(home, first, LAST, step=27) for first in (9, 18)]
    try:
        assert [process.wait(timeout=60) for process in both] == [0, 0]
    finally:
        for process in both:
            process.kill()
            process.communicate()
    refresh(ask(day(LAST)), home, now=NOW)
    assert read(home).equals(undisturbed)


def test_a_full_disk_is_named_and_costs_nothing_that_stands(tmp_path, undisturbed):
    """The kernel refuses any file beyond some size, as a full disk would."""
    home = Home(tmp_path)
    refresh(ask(day(60)), home, now=NOW)
    before, version = read(home), open_store(ask(day(60)), home).bars.version()
    process = start(home, LAST, most_bytes=4096)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 2, said
    assert "StoreFailed" in said
    assert read(home).equals(before)
    assert open_store(ask(day(60)), home).bars.prices(version=version).sort(KEY).equals(before)
    refresh(ask(day(LAST)), home, now=NOW)
    assert read(home).equals(undisturbed)
