"""Watches the stack: each service is started, found healthy, started again if it dies, ended in order."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from flows.stack import processes
from flows.stack.plan import StackPlan
from flows.stack.processes import WORKER
from flows.stack.services import StackService, build_environment, is_answered
from ml_core.errors import ServiceFailed
from ml_core.home.settings import Home
from ml_core.spec.handover import handed_to_child

START_SECONDS = (
    300.0  # a service that lives is slow, not broken: on a busy machine Prefect alone takes two minutes
)
STOP_SECONDS = 10.0
RESTARTS = 3  # at once; one that dies oftener within the window waits longer each time
RESTART_WINDOW = 600.0
LONGEST_PAUSE = 60.0


class StopRequested(Exception):
    """Ctrl-C, SIGTERM or `down` came while the stack was starting."""


@dataclass
class Child:
    """A service and the process that runs it now; `deaths` are the instants at which it ended. `again`: when one that
    has died is to be started again. `mark`: what this start of the worker has given to the flow runs that it began."""

    service: StackService
    log: Path
    process: subprocess.Popen
    started: float
    deaths: list[float] = field(default_factory=list)
    healthy: bool = False
    again: float | None = None
    mark: str = ""


class Supervisor:
    """The one owner of the stack's processes."""

    def __init__(self, plan: StackPlan, *, say: Callable[[str], None], stop: threading.Event) -> None:
        self.plan, self.say, self.stop = plan, say, stop
        self.environment = build_environment(plan)
        self.children: dict[str, Child] = {}

    def launch(self, service: StackService) -> None:
        """Start it, with a fresh log the first time; the last stack's log stays beside it."""
        log = self.plan.home.logs / f"{service.name}.log"
        before = self.children.get(service.name)
        if before is None and log.exists():
            log.replace(log.with_suffix(".previous.log"))
        mark = str(uuid4()) if service.name == "worker" else ""
        own = service.environment | ({WORKER: mark} if mark else {})
        process = self._start(service.command, log, own, handed=service.handed)
        deaths = before.deaths if before else []
        self.children[service.name] = Child(service, log, process, time.monotonic(), deaths, mark=mark)
        write_record(self.plan.home, service, process.pid, log)

    def finish(self, name: str, command: Iterable[str]) -> None:
        """Run a step of the start-up to its end. It is told the experiments as they were read."""
        log = self.plan.home.logs / f"{name}.log"
        log.unlink(missing_ok=True)
        process = self._start(command, log, {}, handed=True)
        while process.poll() is None:
            self._observe()
        if process.returncode:
            raise ServiceFailed(f"{name} failed; the end of {log}:\n{processes.tail(log)}")

    def await_health(self, *names: str) -> None:
        """Until each of these answers over HTTP; one that dies or stays silent ends the start-up."""
        while any(name in self.children and not self.children[name].healthy for name in names):
            self._observe()

    def watch(self) -> None:
        """Until the stop: a child that dies is reported with the end of its log, and started again."""
        while not self.stop.wait(0.5):
            for child in list(self.children.values()):
                if child.process.poll() is not None:
                    self._revive(child)
                elif not child.healthy:
                    self._ask(child)

    def close(self) -> set[int]:
        """End flow runs first, while the server still listens, then the rest; what is left is returned."""
        worker = self.children.get("worker")
        if worker:
            processes.end(processes.descendants(worker.process.pid), grace=STOP_SECONDS)
        front = [child.process.pid for name, child in self.children.items() if name in ("worker", "app")]
        processes.end(front, grace=STOP_SECONDS)
        left = processes.end(processes.family(self.plan.mark), grace=STOP_SECONDS)
        for child in self.children.values():
            child.process.poll()
        forget_records(self.plan.home)
        return left

    def _revive(self, child: Child) -> None:
        """Tell its end once; start it again when its pause is over."""
        name = child.service.name
        if child.again is None:
            self.say(self._obituary(child))
            child.deaths.append(time.monotonic())
            pause = pause_after(child.deaths)
            child.again = child.deaths[-1] + pause
            if child.mark:
                self._end_orphans(child.mark)
            if pause:
                self.say(line(name, child.service.address, f"is started again in {pause:.0f} s"))
        if time.monotonic() >= child.again:
            self.say(line(name, child.service.address, "is started again"))
            self.launch(child.service)

    def _end_orphans(self, mark: str) -> None:
        """The flow runs of a dead worker: nobody would hear of their end, or end them. The next worker closes them.
        What else has lost its parent, as the keeper of a run that the app began, is none of its."""
        processes.end(processes.family(mark, WORKER), grace=STOP_SECONDS)

    def _observe(self) -> None:
        """Ask those that have not answered yet; a death or a long silence ends the start-up."""
        for child in self.children.values():
            if child.healthy or self._ask(child):
                continue
            if child.process.poll() is not None or time.monotonic() - child.started > START_SECONDS:
                raise ServiceFailed(self._obituary(child))
        if self.stop.wait(0.2):
            raise StopRequested

    def _ask(self, child: Child) -> bool:
        """Whether it is healthy, which is said once."""
        child.healthy = is_answered(child.service.health)
        if child.healthy:
            took = time.monotonic() - child.started
            self.say(line(child.service.name, child.service.address, f"healthy after {took:.1f} s"))
        return child.healthy

    def _obituary(self, child: Child) -> str:
        code = child.process.poll()
        what = f"died with code {code}" if code is not None else f"is not healthy after {START_SECONDS:.0f} s"
        return f"{child.service.name} {what}; the end of {child.log}:\n{processes.tail(child.log)}"

    def _start(
        self, command: Iterable[str], log: Path, own: dict[str, str], *, handed: bool
    ) -> subprocess.Popen:
        folder = self.plan.home.root / "work"
        folder.mkdir(exist_ok=True)
        with handed_to_child(self.plan.experiments if handed else {}) as told:
            environment = {**self.environment, **own, **(told.environment if handed else {})}
            return processes.start(command, environment=environment, log=log, cwd=folder, files=told.files)


def pause_after(deaths: Sequence[float]) -> float:
    """Seconds until a service that has died at these instants is started again."""
    recent = sum(1 for death in deaths if death > deaths[-1] - RESTART_WINDOW)
    return min(2.0 ** (recent - RESTARTS - 1), LONGEST_PAUSE) if recent > RESTARTS else 0.0


def line(name: str, address: str, health: str) -> str:
    """One service on one line of the screen."""
    return f"{name:<8} {address:<24} {health}"


def write_record(home: Home, service: StackService, pid: int, log: Path) -> None:
    """What a second `up` says about this service."""
    home.services.mkdir(parents=True, exist_ok=True)
    record = {
        "name": service.name, "pid": pid, "address": service.address, "health": service.health, "log": str(log)
    }  # fmt: skip
    (home.services / f"{service.name}.json").write_text(json.dumps(record), encoding="utf-8")


def read_records(home: Home) -> list[dict]:
    """The services that a stack of this home has started."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(home.services.glob("*.json"))]


def forget_records(home: Home) -> None:
    for path in home.services.glob("*.json"):
        path.unlink(missing_ok=True)
