"""Real searches that are broken off: interrupted and gone on with, or ended because nothing moves. Those that are
killed are in `tests/faults/test_search.py`."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ml_core.errors import SearchStalled
from tests.market import NOW, small_experiment, write_experiment
from tests.tuning.searches import ledger_of, runs_of
from tuning.search import search

CANDORCAST = str(Path(sys.executable).with_name("candorcast"))


def start(*command: str) -> subprocess.Popen:
    """The real command, in a session of its own."""
    return subprocess.Popen(
        [CANDORCAST, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended_trials(ledger: Path) -> dict[str, str]:
    if not ledger.is_file():
        return {}
    lines = [line for line in ledger.read_text().splitlines() if line.endswith("}")]
    return {trial["id"]: trial["status"] for trial in map(json.loads, lines)}


def interrupt(process: subprocess.Popen, ledger: Callable[[], Path]) -> None:
    """As soon as a trial has ended."""
    until = time.monotonic() + 200
    try:
        while not ended_trials(ledger()) and time.monotonic() < until:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.02)
    finally:
        os.kill(process.pid, signal.SIGINT)


def test_an_interrupted_search_goes_on_without_losing_a_finished_trial(home, tmp_path):
    experiment = small_experiment(
        search={"families": ["lstm"], "trials": 5, "epochs": 1, "scheduler": "none"}
    )
    file = write_experiment(tmp_path, **experiment.model_dump(mode="json", exclude_none=True))
    process = start("search", str(file), "--home", str(home.root))
    interrupt(process, lambda: ledger_of(home, experiment))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    told = err.strip().splitlines()[-1]
    assert re.search(r"interrupted: [1-4] of 5 trials are kept; to go on: candorcast search ", told)
    before = ended_trials(ledger_of(home, experiment))
    process = start(*shlex.split(told.rpartition("candorcast ")[2]), "--json")
    out, err = process.communicate(timeout=200)
    assert process.returncode in (0, 1), err
    after = ended_trials(ledger_of(home, experiment))
    assert before.items() <= after.items()
    assert len(after) == 5
    document = json.loads(out)
    assert document["search"]["trials"] == document["search"]["finished"] == 5
    runs = [run for run in runs_of(home, experiment) if "trial" in run.data.tags]
    logged = {run.data.tags["trial"]: run.info.status for run in runs}
    assert len(logged) == len(runs), "each trial once"
    assert logged.keys() >= after.keys()
    broken_off = logged.keys() - after.keys()
    assert {logged[trial] for trial in broken_off} <= {"KILLED"}


@pytest.mark.usefixtures("ray_cluster")
def test_a_search_that_hangs_is_ended_naming_the_trial_that_runs(home):
    experiment = small_experiment(
        search={"families": ["lstm"], "trials": 1, "stall_minutes": 0.001, "ranges": {"lstm.hidden": [64]}},
        validation={"train": 100, "test": 24, "holdout": 40, "folds": 2, "seeds": 20},
    )
    with pytest.raises(SearchStalled, match=r"no trial reported for 0\.0 minutes; running: \w"):
        search(experiment, home, now=NOW)
