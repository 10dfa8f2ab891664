"""A search on Ray nodes that are joined by address and token, of which one is killed and one comes later: two in the
suite, four in `make faults`."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from flows.stack import processes
from ml_core.data.intake.refresh import refresh
from tests.faults.refreshing import NOW
from tests.faults.searching import TRIALS, ask
from tests.faults.test_search import PATIENCE, check_whole, ended_trials, start, wait_for_trials

RAY = str(Path(sys.executable).with_name("ray"))
STARTED = "Ray runtime started."
NODES = 4 if "CANDORCAST_KILLS" in os.environ else 2


class Cluster:
    """Its nodes are processes of this machine, with one processor each."""

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex
        self.folder = Path(tempfile.mkdtemp(prefix="ray"))  # a socket's path may not be long
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.access = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": uuid.uuid4().hex}
        self.nodes: list[subprocess.Popen] = []

    def open(self) -> None:
        self._add("--head", f"--port={self.address.partition(':')[2]}", "--include-dashboard=false")

    def join(self, count: int = 1) -> None:
        self._add(f"--address={self.address}", count=count)

    def kill(self, place: int) -> None:
        """A node with all that runs on it, as where a machine is switched off."""
        node = self.nodes[place].pid
        processes.send({node, *processes.descendants(node)}, signal.SIGKILL)

    def end(self) -> None:
        """At once: of those that are asked some do not end, however long one waits."""
        processes.wait_gone(processes.send(processes.family(self.mark), signal.SIGKILL), timeout=10.0)
        for node in self.nodes:
            node.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _add(self, *options: str, count: int = 1) -> None:
        """So many at once; returns when they have joined. On busy cores a node may not come up in the 30 s that Ray
        gives it."""
        places, until = range(len(self.nodes), len(self.nodes) + count), time.monotonic() + PATIENCE
        logs = {place: self.folder / f"node-{place}.log" for place in places}
        self.nodes += [self._start(log, *options) for log in logs.values()]
        while (waiting := self._not_up(logs)) and time.monotonic() < until:
            for place in waiting:
                if self.nodes[place].poll() is not None:
                    self.nodes[place] = self._start(logs[place], *options)
            time.sleep(0.2)
        assert not waiting, [logs[place].read_text() for place in waiting]

    def _not_up(self, logs: Mapping[int, Path]) -> list[int]:
        return [place for place, log in logs.items() if STARTED not in log.read_text()]

    def _start(self, log: Path, *options: str) -> subprocess.Popen:
        own = {"RAY_TMPDIR": str(self.folder), processes.MARK: self.mark}
        resources = ("--num-cpus=1", "--object-store-memory=100000000")
        return processes.start(
            [RAY, "start", *options, *resources, "--block"],
            environment={**os.environ, **self.access, **own},
            log=log,
            cwd=self.folder,
        )


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    try:
        made.open()
        made.join(NODES - 1)
        yield made
    finally:
        made.end()


@pytest.mark.timeout(4 * PATIENCE)
def test_a_search_on_several_nodes_ends_complete_where_one_is_killed_and_one_is_added(new_home, cluster):
    home, mark = new_home(), uuid.uuid4().hex
    refresh(ask(0), home, now=NOW)
    stranger = start(home, 0, mark, CANDORCAST_RAY_ADDRESS=cluster.address, RAY_AUTH_MODE="disabled")
    said = stranger.communicate(timeout=PATIENCE)[0]
    assert stranger.returncode == 2, said
    assert "RAY_AUTH_TOKEN" in said, "who has no token is told what is missing"
    search = start(home, 0, mark, CANDORCAST_RAY_ADDRESS=cluster.address, **cluster.access)
    try:
        wait_for_trials(search, home, 1)
        stood = ended_trials(home)
        cluster.kill(NODES - 1)
        cluster.join()
        said = search.communicate(timeout=PATIENCE)[0]
        assert search.returncode == 0, said
        assert said.splitlines()[-1] == f"ended {TRIALS}", list(ended_trials(home).values())
        check_whole(home, stood)
    finally:
        processes.send(processes.family(mark), signal.SIGKILL)
        search.communicate()
