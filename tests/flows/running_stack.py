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
from uuid import uuid4

import httpx

from flows.stack import processes
from flows.stack.plan import Ports
from ml_core.home.settings import Home

CANDORCAST = str(Path(sys.executable).with_name("candorcast"))
# How often Prefect looks for runs, and after how long again for a slot that another run of the deployment holds.
SOON = {"PREFECT_WORKER_QUERY_SECONDS": "1", "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "3"}


@dataclass
class Running:
    """A stack started as its own process, as from a terminal, and what it has said so far."""

    experiments: tuple[Path, ...]
    home: Home
    ports: Ports
    secret: str = ""  # what the server asks everybody for, as `user:password`
    process: subprocess.Popen = field(init=False)

    def start(self) -> None:
        """Until it says that everything is healthy."""
        ports = {
            "--prefect-port": self.ports.prefect,
            "--mlflow-port": self.ports.mlflow,
            "--port": self.ports.app,
        }
        command = [CANDORCAST, "up", *map(str, self.experiments), "--home", str(self.home.root)]
        command += [str(part) for pair in ports.items() for part in pair]
        with self.output.open("w") as sink:
            self.process = subprocess.Popen(
                command,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**self.environment, **SOON},
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
    def environment(self) -> dict[str, str]:
        """Of the terminal that the stack was started from."""
        return own_environment() | ({"PREFECT_SERVER_API_AUTH_STRING": self.secret} if self.secret else {})

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
        user, _, password = self.secret.partition(":")
        auth = (user, password) if self.secret else None
        return httpx.Client(base_url=address, auth=auth, trust_env=False, verify=False, timeout=120)

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
        """What is answered; a refusal is an error."""
        return self.ask(path, body).raise_for_status().json()

    def patch(self, path: str, body: dict) -> None:
        """A refusal is an error."""
        self.ask(path, body, method="PATCH").raise_for_status()

    def ask(self, path: str, body: dict | list, *, method: str = "POST") -> httpx.Response:
        """Prefect answers 503 while its SQLite is busy, and its own client asks again, as this does."""
        with self.api as api:
            answer = api.request(method, path, json=body)
            for _ in range(20):
                if answer.status_code != 503:
                    break
                time.sleep(0.5)
                answer = api.request(method, path, json=body)
            return answer

    def read(self, what: str, **query: object) -> list[dict]:
        """Rows of Prefect's API."""
        rows = self.post(f"/{what}/filter", query)
        assert isinstance(rows, list)
        return rows

    def deployments(self) -> dict[str, dict]:
        """Those in force, by FLOW/EXPERIMENT."""
        flows = {row["id"]: row["name"] for row in self.read("flows")}
        return {f"{flows[row['flow_id']]}/{row['name']}": row for row in self.read("deployments")}

    def run_now(self, name: str, **parameters: object) -> str:
        """Start a deployment, FLOW/EXPERIMENT, by hand; returns the run. One that was made although the busy server
        said that it was not is not made twice."""
        asked = {"parameters": parameters, "idempotency_key": str(uuid4())}
        deployment = self.deployments()[name]["id"]
        made = self.post(f"/deployments/{deployment}/create_flow_run", asked)
        assert isinstance(made, dict)
        return made["id"]

    def finish(self, name: str, **parameters: object) -> dict:
        """Start a deployment by hand, when what was asked of it before has ended, and wait for the end of that run."""
        self.wait_for(lambda: not self.unended(name), what=f"the end of earlier runs of {name}")
        run = self.run_now(name, **parameters)
        self.wait_for(lambda: run in [each["id"] for each in self.ended(name)], what=f"the run of {name}")
        [ended] = [each for each in self.ended(name) if each["id"] == run]
        return ended

    def ended(self, name: str) -> list[dict]:
        """The ended runs of a deployment, the newest first."""
        states = {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]}}
        return sorted(self._runs(name, state=states), key=lambda run: run["start_time"] or "", reverse=True)

    def unended(self, name: str) -> list[dict]:
        """Runs of a deployment that work, or that somebody or an event has asked for."""
        states = {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"]}}
        return [run for run in self._runs(name, state=states) if not run["auto_scheduled"]]

    def _runs(self, name: str, **which: object) -> list[dict]:
        flow, _, deployment = name.partition("/")
        return self.read(
            "flow_runs",
            flow_runs=which,
            flows={"name": {"any_": [flow]}},
            deployments={"name": {"any_": [deployment]}},
        )


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
