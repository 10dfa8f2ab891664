"""A running stack whose worker or Prefect server is killed, whose disk is full, or which loses an event: runs end, the
slot is free, nothing is done twice, and the next run or the clock makes up for it.

At a size that a suite bears; with `CANDORCAST_KILLS=100`, as in `make faults`, each kill ten times and in every flow.
"""

import datetime as dt
import os
import random
import resource
import signal
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from flows.stack import processes
from flows.stack.services import is_answered
from flows.stack.supervisor import read_records
from ml_core.data.prices import read_prices
from ml_core.data.store.forecasts import KEY, read_forecast
from ml_core.spec.file import read_experiment
from tests.flows.kinds import KINDS
from tests.flows.running_stack import Running
from tests.flows.test_deployments import register_champion

TURNS = int(os.environ.get("CANDORCAST_KILLS", "20")) // 10
WHOLE = TURNS > 2  # every flow, and as often as asked
ASKED = {"refit": {"always": True}, "search": {"again": True}}
LATE = 100 if WHOLE else 25
SLOT_FREE = 120  # seconds after a kill

pytestmark = pytest.mark.timeout(900)


def record_of(stack: Running, service: str) -> dict:
    [found] = [record for record in read_records(stack.home) if record["name"] == service]
    return found


def kill(stack: Running, service: str) -> None:
    """With its own processes; returned when its successor answers. Flow runs are not the worker's own: each has a
    session of its own, and outlives him."""
    killed = record_of(stack, service)["pid"]
    own = processes.descendants(killed) if service == "prefect" else set()
    processes.send({killed, *own}, signal.SIGKILL)
    stack.wait_for(lambda: record_of(stack, service)["pid"] != killed, what=f"another {service}")
    stack.wait_for(lambda: is_answered(record_of(stack, service)["health"]), what=f"an answer of {service}")


def read_run(stack: Running, run: str) -> dict:
    [found] = stack.read("flow_runs", flow_runs={"id": {"any_": [run]}})
    return found


def begin(stack: Running, name: str, **parameters: object) -> str:
    """Started by hand, when what came before has ended; returned when it works, or has ended already."""
    stack.wait_for(lambda: not stack.unended(name), what=f"the end of earlier runs of {name}")
    run = stack.run_now(name, **parameters)
    waiting = ("SCHEDULED", "PENDING")
    stack.wait_for(lambda: read_run(stack, run)["state_type"] not in waiting, what=f"the begin of {name}")
    return run


def pause(stack: Running, *, paused: bool) -> None:
    """Whether the pool gives out runs."""
    stack.patch("/work_pools/candorcast", {"is_paused": paused})


def start_at(stack: Running, name: str, moment: dt.datetime, **parameters: object) -> str:
    """As a schedule does."""
    state = {"type": "SCHEDULED", "state_details": {"scheduled_time": moment.isoformat()}}
    deployment = stack.deployments()[name]["id"]
    made = stack.post(
        f"/deployments/{deployment}/create_flow_run", {"state": state, "parameters": parameters}
    )
    assert isinstance(made, dict)
    return made["id"]


def orphans(stack: Running) -> set[int]:
    """Processes of the stack that belong to no service."""
    services = {record["pid"] for record in read_records(stack.home)}
    return stack.living - services - {one for pid in services for one in processes.descendants(pid)}


def check_whole(stack: Running, experiment: Path) -> None:
    """Of each session one bar a ticker, and of each forecast one row."""
    bars = read_prices(read_experiment(str(experiment)), stack.home)
    assert bars.height == bars.select("ticker", "date").n_unique()
    said = read_forecast(stack.home, "tiny.simulated")
    assert said.height == said.select(KEY).n_unique()


@pytest.mark.parametrize("turn", range(TURNS if WHOLE else 1))
@pytest.mark.parametrize("flow", KINDS if WHOLE else ("refresh",))
def test_a_run_whose_worker_is_killed_is_crashed_soon_and_the_next_one_completes_the_work(
    stack: Running, experiment: Path, flow: str, turn: int
) -> None:
    """The kill falls anywhere into the run, from when it works on; one that has ended before is made again."""
    name, chance, state = f"{flow}/tiny", random.Random(f"{flow} {turn}"), ""
    while state != "CRASHED":
        run = begin(stack, name, **ASKED.get(flow, {}))
        time.sleep(chance.uniform(0, 2) if WHOLE else 0)
        last = [line for line in stack.worker_said.splitlines() if line.strip()][-1]
        kill(stack, "worker")
        assert "worker died with code -9; the end of" in stack.said
        assert last in stack.said
        until = time.monotonic() + SLOT_FREE
        while (state := read_run(stack, run)["state_type"]) not in ("CRASHED", "COMPLETED"):
            assert time.monotonic() < until, f"{name} is {state} {SLOT_FREE} s after its worker was killed"
            time.sleep(0.5)
        stack.wait_for(lambda: not orphans(stack), what="the end of what he had started", seconds=60)
    done = stack.finish(name, **ASKED.get(flow, {}))
    assert done["state_type"] == "COMPLETED", done["state"]["message"]
    check_whole(stack, experiment)


def test_of_a_hundred_runs_that_came_due_while_nobody_worked_exactly_one_works(
    stack: Running, experiment: Path
) -> None:
    name, now = "refresh/tiny", dt.datetime.now(dt.UTC)
    stack.wait_for(lambda: not stack.unended(name), what="the end of earlier runs")
    pause(stack, paused=True)
    late = {start_at(stack, name, now - dt.timedelta(minutes=15 * number + 1)) for number in range(LATE)}
    kill(stack, "worker")
    pause(stack, paused=False)
    stack.wait_for(lambda: not stack.unended(name), what="the end of what was late")
    states = sorted(run["state_type"] for run in stack.ended(name) if run["id"] in late)
    assert states == [*["CANCELLED"] * (LATE - 1), "COMPLETED"]
    check_whole(stack, experiment)


@pytest.mark.parametrize("turn", range(TURNS if WHOLE else 1))
def test_a_server_that_is_killed_in_the_middle_of_a_run_costs_no_effect_and_no_run_that_came_due_meanwhile(
    stack: Running, experiment: Path, turn: int
) -> None:
    """The run forecasts for a champion who has not spoken yet; a refresh comes due while the server is dead."""
    version = register_champion(stack, experiment)
    stack.wait_for(lambda: not stack.unended("refresh/tiny"), what="the end of earlier runs")
    run = begin(stack, "predict/tiny")
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2)
    due = start_at(stack, "refresh/tiny", soon)
    time.sleep(random.Random(turn).uniform(0, 2) if WHOLE else 0)
    kill(stack, "prefect")
    stack.wait_for(lambda: read_run(stack, due)["state_type"] == "COMPLETED", what="the refresh that was due")
    ends = ("COMPLETED", "CRASHED", "FAILED")
    stack.wait_for(lambda: read_run(stack, run)["state_type"] in ends, what="the end of the run")
    assert stack.finish("predict/tiny")["state_type"] == "COMPLETED"
    assert read_forecast(stack.home, "tiny.simulated").filter(version=version).height == 3
    check_whole(stack, experiment)


def test_a_forecast_whose_event_was_lost_is_made_by_the_runs_that_the_clock_starts(
    stack: Running, experiment: Path
) -> None:
    """Nobody listens when the refresh completes. When the clock starts score and predict: see the test of schedules."""
    version = register_champion(stack, experiment)
    [listening] = [one for one in stack.read("automations") if one["name"] == "score tiny after refresh"]
    stack.patch(f"/automations/{listening['id']}", {"enabled": False})
    assert stack.finish("refresh/tiny")["state_type"] == "COMPLETED"
    stack.patch(f"/automations/{listening['id']}", {"enabled": True})
    start_at(stack, "predict/tiny", dt.datetime.now(dt.UTC))
    stack.wait_for(lambda: not stack.unended("predict/tiny"), what="the run by the clock")
    assert read_forecast(stack.home, "tiny.simulated").filter(version=version).height == 3
    check_whole(stack, experiment)


def test_a_disk_that_is_full_for_prefect_is_told_and_runs_go_on_when_there_is_room(
    stack: Running, experiment: Path
) -> None:
    """No file of its server may grow: whoever asks for a run hears an error, and what was known is known."""
    server = record_of(stack, "prefect")["pid"]
    family = {server, *processes.descendants(server)}
    known = {run["id"] for run in stack.ended("refresh/tiny")}
    deployment = stack.deployments()["refresh/tiny"]["id"]
    for pid in family:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    try:
        with stack.api as api, suppress(httpx.HTTPError):
            answer = api.post(f"/deployments/{deployment}/create_flow_run", json={})
            assert answer.status_code in (500, 503), answer.text
    finally:
        for pid in family:
            with suppress(ProcessLookupError):  # it could not even write its log, and is started again
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    stack.wait_for(lambda: is_answered(record_of(stack, "prefect")["health"]), what="an answer of the server")
    assert stack.finish("refresh/tiny")["state_type"] == "COMPLETED"
    assert known < {run["id"] for run in stack.ended("refresh/tiny")}
    check_whole(stack, experiment)
