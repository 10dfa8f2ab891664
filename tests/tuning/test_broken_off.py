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


def interrupt(process: subprocess.Popen, ledger: Callable[[], Path], order: signal.Signals) -> None:
    """As soon as one more trial has ended."""
    before, until = len(ended_trials(ledger())), time.monotonic() + 200
    try:
        while len(ended_trials(ledger())) == before and time.monotonic() < until:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.02)
    finally:
        os.kill(process.pid, order)


def test_an_interrupted_search_goes_on_without_losing_a_finished_trial(
    home, tmp_path, ray_cluster, monkeypatch
):
    monkeypatch.setenv("RAY_ADDRESS", ray_cluster)
    experiment = small_experiment(
        search={"families": ["lstm"], "trials": 8, "epochs": 1, "scheduler": "none"}
    )
    file = write_experiment(tmp_path, **experiment.model_dump(mode="json", exclude_none=True))
    command = f"search {file} --home {home.root}"
    before: dict[str, str] = {}
    for order in (signal.SIGTERM, signal.SIGINT):  # as a machine that goes down gives it, and Ctrl-C
        process = start(*shlex.split(command))
        interrupt(process, lambda: ledger_of(home, experiment), order)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 128 + order, err
        assert "***" not in err, "no dump of a stack"
        told = err.strip().splitlines()[-1]
        assert re.search(r"interrupted: [1-7] of 8 trials are kept; to go on: candorcast search ", told)
        command = told.rpartition("candorcast ")[2]
        stood, before = before, ended_trials(ledger_of(home, experiment))
        assert stood.items() < before.items()
    process = start(*shlex.split(command), "--json")
    out, err = process.communicate(timeout=200)
    assert process.returncode in (0, 1), err
    after = ended_trials(ledger_of(home, experiment))
    assert before.items() <= after.items()
    assert len(after) == 8
    document = json.loads(out)
    assert document["search"]["trials"] == document["search"]["finished"] == 8
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
