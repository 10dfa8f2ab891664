"""Real searches, each a process of its own: interrupted, killed and gone on with, or ended because nothing moves."""

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

from tests.market import small_experiment, write_experiment
from tests.tuning.searches import ledger_of, runs_of

CANDORCAST = str(Path(sys.executable).with_name("candorcast"))


def start_search(home, file: Path, *options: str) -> subprocess.Popen:
    """The real command, in a session of its own."""
    return start("search", str(file), "--home", str(home.root), *options)


def start(*command: str) -> subprocess.Popen:
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


def stop_search(process: subprocess.Popen, ledger: Callable[[], Path], how: signal.Signals) -> None:
    """As soon as one more of its trials has ended."""
    before, until = len(ended_trials(ledger())), time.monotonic() + 200
    try:
        while len(ended_trials(ledger())) == before and time.monotonic() < until:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.02)
    finally:
        os.kill(process.pid, how)


def test_an_interrupted_and_a_killed_search_go_on_without_losing_a_finished_trial(home, tmp_path):
    experiment = small_experiment(
        search={"families": ["lstm"], "trials": 5, "epochs": 1, "scheduler": "none"}
    )
    file = write_experiment(tmp_path, **experiment.model_dump(mode="json", exclude_none=True))
    process = start_search(home, file)
    stop_search(process, lambda: ledger_of(home, experiment), signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    told = err.strip().splitlines()[-1]
    assert re.search(r"interrupted: [1-4] of 5 trials are kept; to go on: candorcast search ", told)
    command = shlex.split(told.rpartition("candorcast ")[2])
    interrupted = ended_trials(ledger_of(home, experiment))
    process = start(*command)
    stop_search(process, lambda: ledger_of(home, experiment), signal.SIGKILL)
    process.communicate()
    before = ended_trials(ledger_of(home, experiment))
    assert interrupted.items() < before.items()
    assert len(before) < 5
    process = start(*command, "--json")
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
    broken_off = logged.keys() - after.keys()  # by the interrupt and the kill
    assert {logged[trial] for trial in broken_off} <= {"KILLED"}


def test_a_search_that_hangs_is_ended_naming_the_trial_that_runs(home, tmp_path):
    file = write_experiment(
        tmp_path,
        search={"families": ["lstm"], "trials": 1, "stall_minutes": 0.01, "ranges": {"lstm.hidden": [256]}},
        validation={"train": 100, "test": 24, "holdout": 40, "folds": 2, "seeds": 80},
    )
    process = start_search(home, file)
    out, err = process.communicate(timeout=200)
    assert process.returncode == 1
    assert "no trial reported for 0.0 minutes; running: " in err
    assert "Traceback" not in out + err
