"""Which cluster a search runs on, and what it says where there is none, or none that could hold a trial."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.errors import InvalidInput, ServiceFailed
from ml_core.spec.experiment import Search
from tests.faults.searching import ask
from tests.market import NOW
from tuning.cluster import count_slots, open_cluster, running_here

BIN, ROOT = Path(sys.executable).parent, Path(__file__).parents[2]


@pytest.fixture
def nobody():
    """An address of this machine at which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def test_an_address_at_which_nobody_answers_is_refused_by_name(nobody, monkeypatch):
    monkeypatch.setattr("ray.is_initialized", lambda: False)  # as in a process that has no cluster yet
    with (
        pytest.raises(ServiceFailed, match=f"nobody answers at {nobody}; expected HOST:PORT"),
        open_cluster(nobody),
    ):
        pass


def test_a_cluster_that_ended_without_a_word_is_passed_over(nobody, tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    assert running_here() is None
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "ray_current_cluster").write_text(nobody)
    assert running_here() is None


@pytest.mark.usefixtures("ray_cluster")
def test_a_trial_that_no_node_could_hold_is_refused_before_anything_waits_for_it():
    assert count_slots(Search(cpus_per_trial=1)) == 2
    assert count_slots(Search(cpus_per_trial=0.1)) == 20
    with pytest.raises(InvalidInput, match=r"gpus_per_trial: a trial asks for 1 CPU and 2 GPU, and no node"):
        count_slots(Search(gpus_per_trial=2))


def test_trials_run_on_the_cluster_that_was_started_here_and_leave_it_running(
    new_home, tmp_path, monkeypatch
):
    home, folder = new_home(), tempfile.mkdtemp(prefix="ray")  # a socket's path may not be long
    environment = {**os.environ, "RAY_TMPDIR": folder}
    more_than_this_machine_has = (os.cpu_count() or 1) + 1
    asked = {"families": ["ridge"], "trials": 1, "cpus_per_trial": more_than_this_machine_has}
    refresh(ask(0, **asked), home, now=NOW)
    options = f"--head --port=0 --num-cpus={more_than_this_machine_has} --include-dashboard=false --block"
    log = tmp_path / "head.log"
    with log.open("w") as told:
        head = subprocess.Popen(
            [str(BIN / "ray"), "start", *options.split()],
            env=environment, stdout=told, stderr=told, start_new_session=True,
        )  # fmt: skip
    try:
        monkeypatch.setenv("RAY_TMPDIR", folder)
        until = time.monotonic() + 120
        while not running_here() and time.monotonic() < until:
            assert head.poll() is None, log.read_text()
            time.sleep(0.2)
        command = [sys.executable, "-m", "tests.faults.searching", str(home.root), "0", json.dumps(asked)]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.splitlines()[-1] == "ended 1"
        assert head.poll() is None
    finally:
        os.killpg(head.pid, signal.SIGTERM)
        head.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)
