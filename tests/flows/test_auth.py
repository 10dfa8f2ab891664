"""A stack whose Prefect server asks for a secret: server, deployments, worker, runs, `doctor` and `down` have it from
the environment, as the other tests of this folder show, and whoever has not is refused."""

import json
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.flows.running_stack import CANDORCAST, Running, own_environment


@pytest.mark.timeout(900)  # a whole stack is started: minutes on a slow machine
@pytest.mark.parametrize("auth", [None, ("desk", "a wrong word"), ("", "")])
def test_without_the_right_secret_nothing_is_told_and_nothing_started(stack: Running, auth) -> None:
    address = f"http://127.0.0.1:{stack.ports.prefect}/api"
    deployment = next(iter(stack.deployments().values()))["id"]
    with httpx.Client(base_url=address, auth=auth, trust_env=False, timeout=120) as stranger:
        assert stranger.post("/deployments/filter", json={}).status_code == 401
        assert stranger.post(f"/deployments/{deployment}/create_flow_run", json={}).status_code == 401
        assert stranger.get("/health").json() is True


def test_doctor_reads_the_runs_with_the_secret_and_says_what_is_lacking_without(
    stack: Running, experiment: Path
) -> None:
    def runs(environment: dict[str, str]) -> dict[str, str]:
        command = [CANDORCAST, "doctor", str(experiment), "--json", "--home", str(stack.home.root)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
        told = json.loads(done.stdout)["conditions"]
        return next(row for row in told if row["part"] == "runs")

    assert "does not tell" not in runs(stack.environment)["told"]
    assert "wants its key" not in runs(stack.environment)["told"]
    lacking = runs(own_environment())
    assert lacking["state"] == "stuck"
    assert "set PREFECT_SERVER_API_AUTH_STRING" in lacking["told"]
