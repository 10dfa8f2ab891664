"""The stack as processes: the tests of the running one share it, in the order in which they stand."""

import datetime as dt
import re
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from flows.order import open_order
from flows.stack.examination import examine_stack
from flows.stack.plan import Ports, StackPlan
from flows.stack.services import build_services, check_ports
from flows.stack.stack import down, up
from flows.stack.supervisor import read_records
from ml_core.data.intake.refresh import refresh
from ml_core.errors import InvalidInput
from ml_core.home.settings import open_home
from ml_core.registry.versions import Registry
from ml_core.spec.file import read_experiment
from tests.cli.command_line import run
from tests.flows.running_stack import Running, free_ports


def test_a_port_in_use_is_named_with_the_flag_that_changes_it(tmp_path: Path, experiment: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        free = free_ports()
        with pytest.raises(InvalidInput, match=f"port {port} of mlflow is in use.*--mlflow-port"):
            up(
                {str(experiment): read_experiment(str(experiment))},
                open_home(tmp_path),
                ports=Ports(free.prefect, port, free.app),
            )
    assert read_records(open_home(tmp_path)) == []


def test_an_unknown_experiment_is_refused_before_anything_starts(tmp_path: Path) -> None:
    done = run("up", "nonesuch", "--home", str(tmp_path))
    assert done.exit_code == 2
    assert "no experiment 'nonesuch'" in done.stderr
    assert read_records(open_home(tmp_path)) == []


def test_down_where_nothing_runs_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    down(open_home(tmp_path), say=said.append)
    assert said == [f"nothing is running under {tmp_path}"]


def test_each_service_is_said_on_one_line_with_its_address_and_answers_there(stack: Running) -> None:
    begun = stack.said.partition("Ctrl-C")[0]  # later some were killed, and told again
    for name in ("prefect", "mlflow", "worker", "app"):
        assert sum(line.startswith(f"{name} ") for line in begun.splitlines()) == 1
    for port, path in ((stack.ports.prefect, "/api/health"), (stack.ports.mlflow, "/health")):
        assert httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False).status_code == 200
    assert httpx.get(f"http://127.0.0.1:{stack.ports.app}/health", trust_env=False).status_code == 200


def test_a_second_up_says_that_the_stack_is_running_and_where(stack: Running, experiment: Path) -> None:
    said: list[str] = []
    up({str(experiment): read_experiment(str(experiment))}, stack.home, ports=free_ports(), say=said.append)
    assert f"is running already (process {stack.process.pid})" in said[0]
    assert any(f":{stack.ports.prefect}" in line for line in said[1:])


def test_from_outside_every_service_of_a_running_stack_is_well_and_no_run_is_late(
    stack: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", stack.secret)
    examined = examine_stack(stack.home, now=dt.datetime.now(dt.UTC))
    assert [one.part for one in examined] == ["stack", "app", "mlflow", "prefect", "worker", "runs"]
    assert {one.state for one in examined} == {"well"}, examined


def test_a_page_of_another_origin_can_neither_post_nor_read(stack: Running) -> None:
    with stack.api as api:
        blind = api.post("/flows/", content='{"name": "x"}', headers={"content-type": "text/plain"})
        read = api.get("/admin/version", headers={"origin": "http://elsewhere.example"})
    assert blind.status_code == 422
    assert "access-control-allow-origin" not in read.headers


@pytest.mark.timeout(900)  # two starts of the stack, of Ray and of a search: minutes on a slow machine
def test_a_search_whose_supervisor_was_killed_is_ended_by_down_and_completed_by_the_next_stack(
    stack: Running,
) -> None:
    """The worker's flow run has a session of its own, and below it Ray has more: all must be found. `down` knows no
    secret, and the next stack asks for none."""
    order = open_order(str(stack.experiments[0]), None, str(stack.home.root))
    refresh(order.experiment, order.home, now=dt.datetime.now(dt.UTC))
    killed = stack.run_now("search/tiny")
    stack.wait_for(lambda: any("raylet" in name for name in names(stack.living)), what="the start of Ray")
    stack.process.send_signal(signal.SIGKILL)
    stack.process.wait()
    said: list[str] = []
    down(stack.home, say=said.append)
    assert said == [f"ended the stack of {stack.home.root}"]
    assert stack.living == set()
    assert read_records(stack.home) == []

    stack.secret = ""
    stack.start()
    [crashed] = [run for run in stack.ended("search/tiny") if run["id"] == killed]
    assert crashed["state_type"] == "CRASHED"
    completing = stack.run_now("search/tiny")
    stack.wait_for(lambda: completing in [run["id"] for run in stack.ended("search/tiny")], what="search")
    done = stack.ended("search/tiny")[0]
    assert done["state_type"] == "COMPLETED", done["state"]["message"]
    registered = Registry(stack.home).versions(order.experiment.model_name)[0]
    assert done["state"]["message"].startswith(f"version {registered.version} ")
    shown = {row["key"]: row for row in stack.read("artifacts/latest")}
    assert shown[order.artifact("search-progress")]["data"] == 100
    assert re.search(
        r"trials done, .* dropped, 0 failed, best", shown[order.artifact("search-progress")]["description"]
    )
    assert "| check | verdict | why |" in shown[order.artifact("search")]["data"]


def test_ctrl_c_ends_every_process_and_leaves_the_ports_free(stack: Running) -> None:
    stack.process.send_signal(signal.SIGINT)
    assert stack.process.wait(60) == 0
    assert stack.said.endswith("ending every process\n")
    assert stack.living == set()
    plan = StackPlan({}, stack.home, ports=stack.ports)
    check_ports(plan, build_services(plan))


def names(pids: set[int]) -> list[str]:
    """What each process is called, where it still lives."""
    listing = subprocess.run(
        ["ps", "-o", "comm=", "-p", ",".join(map(str, pids))], capture_output=True, text=True
    )
    return listing.stdout.split()
