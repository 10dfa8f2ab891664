"""Processes of the stack end with all their children, also those that left their session or will not go when asked."""

import os
import sys
from pathlib import Path

import pytest

from flows.stack import processes

# A child that starts a grandchild in another session and dies: what a killed worker does to its flow run.
ORPHANING = """
import subprocess, sys
run = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(run.pid, flush=True)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""


def start(code: str, folder: Path) -> tuple[int, Path]:
    log = folder / "child.log"
    environment = {**os.environ, processes.MARK: str(folder)}
    child = processes.start([sys.executable, "-c", code], environment=environment, log=log, cwd=folder)
    while not log.read_text().strip():
        assert child.poll() in (None, 0)
    return child.pid, log


@pytest.mark.parametrize("table", ["/proc", "ps"])
def test_a_grandchild_in_another_session_whose_parent_died_is_found_and_ended(
    tmp_path: Path, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PROC", Path("/proc" if table == "/proc" else "/nonesuch"))
    parent, log = start(ORPHANING, tmp_path)
    grandchild = int(log.read_text())
    processes.wait_gone([parent], timeout=5)
    assert processes.family(str(tmp_path)) == {grandchild}
    assert processes.end({grandchild}, grace=5) == set()
    assert processes.family(str(tmp_path)) == set()


def test_a_process_that_ignores_the_request_is_ended_after_the_grace(tmp_path: Path) -> None:
    pid, _ = start(STUBBORN, tmp_path)
    assert processes.end({pid}, grace=0.2) == set()
    assert not processes.is_alive(pid)


def test_a_family_of_another_mark_is_left_alone(tmp_path: Path) -> None:
    pid, _ = start(STUBBORN, tmp_path)
    try:
        assert processes.family(str(tmp_path / "other")) == set()
    finally:
        processes.end({pid}, grace=0)


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    assert processes.tail(log) == ""
    log.write_text("\n".join(str(number) for number in range(100)))
    assert processes.tail(log, lines=2) == "    98\n    99"
