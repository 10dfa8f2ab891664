"""Searches of which the driver, a worker, the node and everything is killed at random moments: each ends complete, no
finished trial is lost or run twice, what was under way is gone on with, and no process is left.

In the suite a worker is killed, and then everything; `CANDORCAST_KILLS`, as in `make faults`, kills in all four ways.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from flows.stack import processes
from ml_core.data.intake.refresh import refresh
from ml_core.home.settings import Home
from ml_core.registry.tracking import connect
from ml_core.registry.trials import Params
from tests.faults.refreshing import NOW
from tests.faults.searching import TRIALS, ask, ledger_of
from tuning.leftovers import RUNGS
from tuning.rungs import list_unfinished

SEARCHES = int(os.environ.get("CANDORCAST_KILLS", "0")) // 20
VICTIMS = ("worker", "node", "driver", "everything") if SEARCHES else ("worker", "everything")
ENDING = ("driver", "everything")  # of which the search itself dies
PATIENCE = 400.0  # on cores that others keep busy


def start(home: Home, number: int, mark: str, **environment: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.searching", str(home.root), str(number)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, processes.MARK: mark, **environment},
        start_new_session=True,
    )


def ended_trials(home: Home) -> dict[str, str]:
    """The whole lines of the ledger by the name of their trial."""
    file = ledger_of(home)
    lines = file.read_text().splitlines() if file.is_file() else []
    return {json.loads(line)["id"]: line for line in lines if line.endswith("}")}


def wait_for_trials(process: subprocess.Popen, home: Home, count: int) -> None:
    until = time.monotonic() + PATIENCE
    while len(ended_trials(home)) < count and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)


def find_victims(process: subprocess.Popen, mark: str, victim: str) -> set[int]:
    """Whom to kill, as soon as there is one; none where the search has ended before."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        names = {pid: command_of(pid) for pid in processes.family(mark)}
        match victim:
            case "driver":
                return {process.pid}
            case "everything":
                return set(names)
            case "worker":
                found = [pid for pid, name in names.items() if name.startswith("ray::ImplicitFunc")]
            case _:
                found = [pid for pid, name in names.items() if "/raylet/raylet " in name]
        if found:
            return {found[0]}
        time.sleep(0.05)
    return set()


def hold_under_way(process: subprocess.Popen, home: Home) -> list[Params]:
    """Stop the driver while something is under way, which it can end no more; the params of that."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        process.send_signal(signal.SIGSTOP)
        if found := [
            params for rungs in home.searches.glob(f"*/{RUNGS}") for params in list_unfinished(rungs)
        ]:
            return found
        process.send_signal(signal.SIGCONT)
        time.sleep(0.05)
    return []


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@pytest.mark.parametrize("number", range(SEARCHES or 1))
@pytest.mark.timeout(6 * PATIENCE)
def test_killed_at_random_moments_a_search_ends_complete_and_runs_no_finished_trial_twice(new_home, number):
    """One search is killed in each way, each time somewhere else and in another order."""
    home, chance, mark = new_home(), random.Random(number), uuid.uuid4().hex
    refresh(ask(number), home, now=NOW)
    begun: list[Params] = []  # what was under way when all was killed
    stood: dict[str, str] = {}  # what had ended before the last kill
    process = start(home, number, mark)
    try:
        for victim in chance.sample(VICTIMS, len(VICTIMS)):
            wait_for_trials(process, home, len(ended_trials(home)) + chance.randrange(2))
            time.sleep(chance.uniform(0, 1))
            if victim in ENDING:
                begun += hold_under_way(process, home)
            chosen = find_victims(process, mark, victim)
            stood, family = ended_trials(home), processes.family(mark)
            assert chosen, f"the search ended before all were killed: {process.communicate()[0]}"
            processes.send(chosen, signal.SIGKILL)
            if victim in ENDING:
                said = process.communicate(timeout=PATIENCE)[0]
                assert process.returncode == -signal.SIGKILL, said
                left = processes.wait_gone(family | processes.family(mark), timeout=60)
                assert not left, [command_of(pid) for pid in left]
                process = start(home, number, mark)
            assert stood.items() <= ended_trials(home).items(), "a finished trial was lost"
        said = process.communicate(timeout=PATIENCE)[0]
        assert process.returncode == 0, said
        assert said.splitlines()[-1] == f"ended {TRIALS}", list(ended_trials(home).values())
        assert not processes.wait_gone(processes.family(mark), timeout=60)
        check_whole(home, stood)
        tried = [json.loads(line)["params"] for line in ended_trials(home).values()]
        assert len(begun) >= len({*ENDING} & {*VICTIMS})
        assert all(params in tried for params in begun), "what was under way was given up"
    finally:
        processes.send(processes.family(mark), signal.SIGKILL)
        process.communicate()


def check_whole(home: Home, stood: dict[str, str]) -> None:
    """Every trial once, in the ledger and in MLflow, and those that stood before the kill as they were."""
    lines = ledger_of(home).read_text().splitlines()
    trials = [json.loads(line) for line in lines if line]
    assert [trial["status"] for trial in trials] == ["finished"] * TRIALS
    assert len({json.dumps(trial["params"]) for trial in trials}) == TRIALS, "run twice"
    assert stood.items() <= ended_trials(home).items()
    client = connect(home)
    (experiment,) = client.search_experiments(filter_string=f"name = '{ask(0).model_name}'")
    runs = client.search_runs([experiment.experiment_id], "tags.kind = 'trial'")
    finished = [run.data.tags["trial"] for run in runs if run.info.status == "FINISHED"]
    assert sorted(finished) == sorted(trial["id"] for trial in trials)
    assert {run.info.status for run in runs} <= {"FINISHED", "KILLED"}
