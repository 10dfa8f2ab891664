"""A real stack for the tests of this folder: server, worker and deployments as processes, started once."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from flows import processes
from flows.services import Ports
from ml_core.settings import Home, open_home

DRIVER = """
import sys
from pathlib import Path
from flows.services import Ports
from flows.stack import up
from ml_core.settings import open_home
experiment, home, prefect, mlflow, app, *without = sys.argv[1:]
ports = Ports(int(prefect), int(mlflow), int(app))
up(experiment, open_home(Path(home)), ports=ports, without=tuple(without))
"""


@dataclass
class Running:
    """A stack started as its own process, and what it has said so far."""

    home: Home
    ports: Ports
    process: subprocess.Popen
    output: Path

    @property
    def api(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.ports.prefect}/api", trust_env=False, timeout=20
        )

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def living(self) -> set[int]:
        return processes.family(str(self.home.services))

    def wait_for(self, done: Callable[[], object], *, what: str, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, f"{what} did not happen in {seconds} s:\n{self.said}"
            time.sleep(0.1)


def free_ports() -> Ports:
    sockets = [socket.socket() for _ in range(3)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    numbers = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return Ports(*numbers)


def start_stack(experiment: Path, root: Path, *, without: tuple[str, ...] = ()) -> Running:
    """`up` in a process of its own, as from a terminal, until it says that everything is healthy."""
    home, ports = open_home(root), free_ports()
    numbers = [str(ports.prefect), str(ports.mlflow), str(ports.app)]
    output = root / "output.txt"
    with output.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(experiment), str(root), *numbers, *without],
            stdout=sink,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PREFECT_WORKER_QUERY_SECONDS": "1"},
            start_new_session=True,
        )
    stack = Running(home, ports, process, output)
    stack.wait_for(lambda: "Ctrl-C" in stack.said or process.poll() is not None, what="start", seconds=120)
    assert process.poll() is None, stack.said
    return stack


def stop_stack(stack: Running) -> None:
    """Whatever the test did, nothing of it lives on."""
    if stack.process.poll() is None:
        stack.process.send_signal(signal.SIGTERM)
        stack.process.wait(60)
    processes.end(stack.living, grace=1)


@pytest.fixture(scope="session")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two simulated tickers, a few hundred sessions: small enough to refresh in a second."""
    path = tmp_path_factory.mktemp("experiment") / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="session")
def stack(experiment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start_stack(experiment, tmp_path_factory.mktemp("home"), without=("app",))
    yield running
    stop_stack(running)


TINY = """
name = "tiny"

[universe]
tickers = ["AAA", "BBB", "CCC"]

[data]
source = "simulated"

[data.simulated]
sessions = 300

[task]
lookback = 8

[features]
groups = ["momentum"]

[training]
epochs = 1

[validation]
train = 120
test = 20
holdout = 20
"""
