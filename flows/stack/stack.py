"""The local stack: `up` starts Prefect, MLflow, a worker and the app and watches them; `down` ends all."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from flows.stack import processes
from flows.stack.plan import Ports, StackPlan
from flows.stack.services import (
    StackService,
    build_deploying,
    build_services,
    check_ports,
    find_elsewhere,
    prepare_tracking,
)
from flows.stack.supervisor import STOP_SECONDS, StopRequested, Supervisor, forget_records, line, read_records
from ml_core.errors import AlreadyRunning, ServiceFailed
from ml_core.home.lock import hold, holder
from ml_core.home.settings import Home
from ml_core.home.spelling import spell
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import require_names


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def up(
    experiments: Mapping[str, Experiment],
    home: Home,
    *,
    overrides: tuple[str, ...] = (),
    ports: Ports | None = None,
    say: Callable[[str], None] = _print,
) -> None:
    """Start the stack, say where each service is, and watch over it until Ctrl-C, SIGTERM or `down`. `experiments`: as
    they were asked for, with what was read: the app serves that, and goes on to when it is started again."""
    require_names({name: experiment.name for name, experiment in experiments.items()})
    elsewhere = {find_elsewhere(name): experiment for name, experiment in experiments.items()}
    plan = StackPlan(elsewhere, home, overrides, ports or Ports())
    if owner := holder(home, "stack"):
        say(
            f"the stack of {home.root} is running already ({owner}); `{spell('down', home=home)}`"
            f" {'ends it' if owner.here else 'there ends it'}"
        )
        for record in read_records(home):
            say(line(record["name"], record["address"], f"log {record['log']}"))
        return
    with hold(home, "stack"), _stop_signals() as stop:
        processes.end(_leftovers(home), grace=STOP_SECONDS)
        services = build_services(plan)
        check_ports(plan, services)
        prepare_tracking(home)
        _run(Supervisor(plan, say=say, stop=stop), services)


def down(home: Home, *, say: Callable[[str], None] = _print) -> None:
    """End the stack of that home, wherever it was started, and whatever an ended one left behind."""
    owner = holder(home, "stack")
    if owner and not owner.here:
        raise AlreadyRunning(f"the stack of {home.root} runs elsewhere ({owner}): end it there")
    if owner and owner.pid:
        processes.send([owner.pid], signal.SIGTERM)
        processes.wait_gone([owner.pid], timeout=5 * STOP_SECONDS)
    left = _leftovers(home)
    if still := processes.end(left, grace=STOP_SECONDS):
        raise ServiceFailed(f"these processes could not be ended: {', '.join(map(str, sorted(still)))}")
    forget_records(home)
    say(f"ended the stack of {home.root}" if owner or left else f"nothing is running under {home.root}")


def _run(supervisor: Supervisor, services: list[StackService]) -> None:
    say, plan = supervisor.say, supervisor.plan
    try:
        with suppress(StopRequested):
            _start(supervisor, services)
            say(f"logs in {plan.home.logs}; Ctrl-C or `{spell('down', home=plan.home)}` ends every process")
            supervisor.watch()
        say("ending every process")
    finally:
        left = supervisor.close()
    if left:
        raise ServiceFailed(f"these processes could not be ended: {', '.join(map(str, sorted(left)))}")


def _start(supervisor: Supervisor, services: list[StackService]) -> None:
    """Everything at once, except the worker: it needs the pool, which needs the server."""
    plan = supervisor.plan
    worker = [service for service in services if service.name == "worker"]
    for name, place in plan.given.items():
        supervisor.say(line(name, place, "run by someone else"))
    for service in services:
        if service not in worker:
            supervisor.launch(service)
    if worker:
        supervisor.await_health("prefect")
        supervisor.finish("deploy", build_deploying(plan))
        supervisor.launch(worker[0])
    supervisor.await_health(*(service.name for service in services))


def _leftovers(home: Home) -> set[int]:
    """What a stack of this home that was killed has left running."""
    return processes.family(StackPlan({}, home).mark)


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """An event set by Ctrl-C, SIGTERM and a closed terminal, unless the terminal was told to let go."""
    stop = threading.Event()
    wanted = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        wanted.append(signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in wanted}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
