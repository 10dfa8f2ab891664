"""The stack as processes: the tests of the running one share it, in the order in which they stand."""

import os
import signal
import socket
from pathlib import Path

import httpx
import pytest
from conftest import Running, free_ports, start_stack, stop_stack

from flows.services import Ports
from flows.stack import down, up
from flows.supervisor import read_records
from ml_core.errors import InvalidInput
from ml_core.settings import open_home


def test_a_port_in_use_is_named_with_the_flag_that_changes_it(tmp_path: Path, experiment: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        free = free_ports()
        with pytest.raises(InvalidInput, match=f"port {port} of mlflow is in use.*--mlflow-port"):
            up(str(experiment), open_home(tmp_path), ports=Ports(free.prefect, port, free.app))
    assert read_records(open_home(tmp_path)) == []


def test_an_unknown_experiment_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no experiment 'nonesuch'"):
        up("nonesuch", open_home(tmp_path))


def test_down_where_nothing_runs_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    down(open_home(tmp_path), say=said.append)
    assert said == [f"nothing is running under {tmp_path}"]


def test_each_service_is_said_on_one_line_with_its_address_and_answers_there(stack: Running) -> None:
    for name in ("prefect", "mlflow", "worker", "app"):
        assert sum(line.startswith(f"{name} ") for line in stack.said.splitlines()) == 1
    for port, path in ((stack.ports.prefect, "/api/health"), (stack.ports.mlflow, "/health")):
        assert httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False).status_code == 200
    assert httpx.get(f"http://127.0.0.1:{stack.ports.app}/health", trust_env=False).status_code == 200


def test_a_second_up_says_that_the_stack_is_running_and_where(stack: Running, experiment: Path) -> None:
    said: list[str] = []
    up(str(experiment), stack.home, ports=free_ports(), say=said.append)
    assert f"is running already (process {stack.process.pid})" in said[0]
    assert any(f":{stack.ports.prefect}" in line for line in said[1:])


def test_a_page_of_another_origin_can_neither_post_nor_read(stack: Running) -> None:
    with stack.api as api:
        blind = api.post("/flows/", content='{"name": "x"}', headers={"content-type": "text/plain"})
        read = api.get("/admin/version", headers={"origin": "http://elsewhere.example"})
    assert blind.status_code == 422
    assert "access-control-allow-origin" not in read.headers


def test_a_service_that_dies_is_reported_with_its_log_and_started_again(stack: Running) -> None:
    [worker] = [record["pid"] for record in read_records(stack.home) if record["name"] == "worker"]
    os.kill(worker, signal.SIGKILL)
    stack.wait_for(lambda: stack.said.count("\nworker   http") == 3, what="a second worker")
    assert "worker died with code -9; the end of" in stack.said
    assert "Worker 'walkforward-" in stack.said


def test_down_ends_the_processes_of_a_supervisor_that_was_killed(tmp_path: Path, experiment: Path) -> None:
    stack = start_stack(experiment, tmp_path, without=("mlflow", "worker", "app"))
    try:
        stack.process.send_signal(signal.SIGKILL)
        stack.process.wait()
        assert stack.living
        said: list[str] = []
        down(stack.home, say=said.append)
        assert said == [f"ended the stack of {tmp_path}"]
        assert stack.living == set()
        assert read_records(stack.home) == []
    finally:
        stop_stack(stack)
