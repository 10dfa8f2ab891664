"""`candorcast up` as a process, as from a terminal, and Prefect's API beside it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from flows.stack import processes
from flows.stack.services import Ports
from ml_core.home.settings import Home

CANDORCAST = str(Path(sys.executable).with_name("candorcast"))


@dataclass
class Running:
    """A stack started as its own process, as from a terminal, and what it has said so far."""

    experiment: Path
    home: Home
    ports: Ports
    process: subprocess.Popen = field(init=False)

    def start(self) -> None:
        """Until it says that everything is healthy."""
        ports = {
            "--prefect-port": self.ports.prefect,
            "--mlflow-port": self.ports.mlflow,
            "--port": self.ports.app,
        }
        command = [CANDORCAST, "up", str(self.experiment), "--home", str(self.home.root)]
        command += [str(part) for pair in ports.items() for part in pair]
        with self.output.open("w") as sink:
            self.process = subprocess.Popen(
                command,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**own_environment(), "PREFECT_WORKER_QUERY_SECONDS": "1"},
                start_new_session=True,
            )
        self.wait_for(lambda: "Ctrl-C" in self.said or self.process.poll() is not None, what="start")
        assert self.process.poll() is None, self.said

    def stop(self) -> None:
        """Whatever the test did, nothing of it lives on."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        processes.end(self.living, grace=1)

    @property
    def output(self) -> Path:
        return self.home.root / "output.txt"

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def api(self) -> httpx.Client:
        """Over plain HTTP, and made for every look: without certificates, which take longer to read than it does."""
        address = f"http://127.0.0.1:{self.ports.prefect}/api"
        return httpx.Client(base_url=address, trust_env=False, verify=False, timeout=120)

    @property
    def living(self) -> set[int]:
        return processes.family(str(self.home.services))

    def wait_for(self, done: Callable[[], object], *, what: str, seconds: float = 400.0) -> None:
        """However slow the machine; where it never comes, what the stack and its worker said last is shown."""
        deadline = time.monotonic() + seconds
        while not done():
            late = time.monotonic() > deadline
            assert not late, (
                f"{what} did not happen in {seconds} s:\n{self.said}\nworker:\n{self.worker_said[-4000:]}"
            )
            time.sleep(0.5)  # each look asks the server, which has work to do beside

    @property
    def worker_said(self) -> str:
        log = self.home.logs / "worker.log"
        return log.read_text() if log.is_file() else ""

    def post(self, path: str, body: dict) -> list | dict:
        """Prefect answers 503 while its SQLite is busy, and its own client asks again, as this does."""
        with self.api as api:
            answer = api.post(path, json=body)
            for _ in range(20):
                if answer.status_code != 503:
                    break
                time.sleep(0.5)
                answer = api.post(path, json=body)
            answer.raise_for_status()
            return answer.json()

    def read(self, what: str, **query: object) -> list[dict]:
        """Rows of Prefect's API."""
        rows = self.post(f"/{what}/filter", query)
        assert isinstance(rows, list)
        return rows

    def run_now(self, name: str) -> str:
        """Start a deployment by hand; returns the run."""
        [deployment] = [row["id"] for row in self.read("deployments") if row["name"] == name]
        made = self.post(f"/deployments/{deployment}/create_flow_run", {})
        assert isinstance(made, dict)
        return made["id"]

    def ended(self, name: str) -> list[dict]:
        """The ended runs of a deployment, the newest first."""
        states = {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]}}
        runs = self.read("flow_runs", flow_runs={"state": states}, deployments={"name": {"any_": [name]}})
        return sorted(runs, key=lambda run: run["start_time"] or "", reverse=True)


def own_environment() -> dict[str, str]:
    """Ours, without what would lead to someone's own servers."""
    return {
        key: value for key, value in os.environ.items() if not key.startswith(("PREFECT_", "CANDORCAST_"))
    }


def free_ports() -> Ports:
    sockets = [socket.socket() for _ in range(3)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    numbers = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return Ports(*numbers)
