"""A run whose process dies without a word is marked as crashed by the server itself; one that gives signs of life goes
on, and one that has ended stays as it ended. On the real server, with a shorter silence."""

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import StateType
from prefect.events.schemas.automations import EventTrigger

from flows.stack.silent_runs import NAME, SILENCE, build_automation
from tests.flows.running_stack import Running

SHORT = dt.timedelta(seconds=10)  # the least that Prefect takes
MOMENTS = 3.0


def begin(stack: Running) -> str:
    """A run as its process would begin it, without one."""
    flow = stack.post("/flows/", {"name": "of no process"})
    assert isinstance(flow, dict)
    run = stack.post("/flow_runs/", {"flow_id": flow["id"], "state": {"type": "RUNNING"}})
    assert isinstance(run, dict)
    return run["id"]


def give_sign(stack: Running, run: str) -> None:
    """As a flow run does every so often."""
    event = {
        "id": str(uuid4()),
        "occurred": dt.datetime.now(dt.UTC).isoformat(),
        "event": "prefect.flow-run.heartbeat",
        "resource": {"prefect.resource.id": f"prefect.flow-run.{run}"},
    }
    stack.ask("/events", [event]).raise_for_status()


@contextmanager
def signs_of(stack: Running, run: str) -> Iterator[None]:
    """Given every second, however long the server takes to answer anything else."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(1.0):
            give_sign(stack, run)

    giving = threading.Thread(target=go_on)
    giving.start()
    try:
        yield
    finally:
        over.set()
        giving.join()


def watch(stack: Running, *runs: str) -> None:
    """The automation that every stack has, for these runs alone: others on this server give a sign every 30 s."""
    automation = build_automation(SHORT)
    assert isinstance(automation.trigger, EventTrigger)
    told = automation.model_dump(mode="json")
    told["trigger"]["match"] = {"prefect.resource.id": [f"prefect.flow-run.{run}" for run in runs]}
    stack.post("/automations/", {**told, "name": f"{NAME}, soon"})


def state_of(stack: Running, run: str) -> dict:
    [found] = stack.read("flow_runs", flow_runs={"id": {"any_": [run]}})
    return found["state"]


@pytest.mark.timeout(900)  # a whole stack is started: minutes on a slow machine
def test_of_runs_that_gave_a_sign_of_life_the_silent_one_is_crashed_and_no_other(stack: Running) -> None:
    silent, lively, ended = (begin(stack) for _ in range(3))
    watch(stack, silent, lively, ended)
    for run in (silent, lively, ended):
        give_sign(stack, run)
    stack.post(f"/flow_runs/{ended}/set_state", {"state": {"type": "COMPLETED"}})

    watched = last = time.monotonic()

    def is_closed() -> bool:
        """The server reads a new automation when it comes to it, mostly within moments: until then signs are given. One
        from before it was read is given again, later than one in force would have waited."""
        nonlocal last
        now = time.monotonic()
        if now - watched < MOMENTS or now - last > 3 * SHORT.total_seconds():
            give_sign(stack, silent)
            last = now
        return state_of(stack, silent)["type"] == StateType.CRASHED.value

    with signs_of(stack, lively):
        stack.wait_for(is_closed, what="the end of the run that gave no sign", seconds=120)
        assert state_of(stack, silent)["message"] == f"no sign of life for {SHORT}"
        assert state_of(stack, lively)["type"] == StateType.RUNNING.value
    assert state_of(stack, ended)["type"] == StateType.COMPLETED.value
    stack.post(f"/flow_runs/{lively}/set_state", {"state": {"type": "COMPLETED"}})


def test_a_stack_waits_for_three_signs_of_life(stack: Running) -> None:
    [known] = [row for row in stack.read("automations") if row["name"] == NAME]
    assert known["enabled"]
    assert dt.timedelta(seconds=known["trigger"]["within"]) == SILENCE
