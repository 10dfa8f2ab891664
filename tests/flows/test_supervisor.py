"""A worker that has died takes its own flow runs with it, and nothing else that has lost its parent."""

import signal
import sys
import threading
import time
from pathlib import Path

from flows.stack import processes
from flows.stack.plan import StackPlan
from flows.stack.services import StackService
from flows.stack.supervisor import Supervisor
from ml_core.home.settings import open_home
from ml_core.spec.file import read_experiment
from tests.market import write_experiment

# As a worker begins a flow run, and the app the keeper of a run: in a session of its own.
BEGINNING = """
import subprocess, sys, time
begun = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(begun.pid, flush=True)
time.sleep(60)
"""


def begin(supervisor: Supervisor, name: str, nowhere: str) -> tuple[int, int]:
    """The service of that name and what it has begun."""
    service = StackService(name, (sys.executable, "-c", BEGINNING), nowhere, nowhere)
    supervisor.launch(service)
    child = supervisor.children[name]
    while not child.log.read_text().strip():
        assert child.process.poll() is None
        time.sleep(0.02)
    return child.process.pid, int(child.log.read_text())


TELLING = """
import os, sys
from ml_core.spec.handover import take_over
read = take_over(os.environ)
print({asked: one.name for asked, one in read.items()}, "CANDORCAST_HANDED_OVER" in os.environ, flush=True)
"""


def test_what_up_has_read_is_what_a_service_is_told_each_time_it_is_started(tmp_path: Path) -> None:
    file = write_experiment(tmp_path)
    plan = StackPlan({str(file): read_experiment(str(file))}, open_home(tmp_path / "home"))
    supervisor = Supervisor(plan, say=lambda _: None, stop=threading.Event())
    file.write_text("an edit that is not finished", encoding="utf-8")
    command, nowhere = (sys.executable, "-c", TELLING), "http://127.0.0.1:9"
    for _ in range(2):
        supervisor.launch(StackService("app", command, nowhere, nowhere, handed=True))
        assert supervisor.children["app"].process.wait(30) == 0
    supervisor.launch(StackService("mlflow", command, nowhere, nowhere))
    assert supervisor.children["mlflow"].process.wait(30) == 0
    assert supervisor.children["app"].log.read_text() == 2 * f"{{'{file}': 'small'}} False\n"
    assert supervisor.children["mlflow"].log.read_text() == "{} False\n"


def test_a_dead_worker_takes_its_own_runs_with_it_and_no_keeper_of_a_run_of_the_app(tmp_path: Path) -> None:
    plan, stop = StackPlan({}, open_home(tmp_path / "home")), threading.Event()
    supervisor = Supervisor(plan, say=lambda _: None, stop=stop)
    watching = threading.Thread(target=supervisor.watch)
    try:
        worker, run = begin(supervisor, "worker", "http://127.0.0.1:9")
        app, keeper = begin(supervisor, "app", "http://127.0.0.1:9")
        processes.send(
            {app, worker}, signal.SIGKILL
        )  # the keeper has no parent any more, nor has the flow run
        supervisor.children.pop("app").process.wait(10)
        watching.start()
        assert processes.wait_gone({run}, timeout=30) == set()
        time.sleep(1)
        assert processes.is_alive(keeper)
    finally:
        stop.set()
        watching.join(30)
        processes.end(processes.family(plan.mark), grace=1)
