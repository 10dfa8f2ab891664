"""The Dockerfile's own command and health check, run as processes, and what it promises on paper."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from flows.stack import processes
from tests.deploy.composition import PROJECT, free_port, is_open

DOCKERFILE = (PROJECT / "Dockerfile").read_text()


def command(before: str) -> list[str]:
    """The JSON form of a CMD in the final stage: the service's, or that of its HEALTHCHECK."""
    final = DOCKERFILE.rsplit("\nFROM ", 1)[1].replace("\\\n", " ")
    [line] = re.findall(rf"^{before}CMD (\[.*\])$", final, re.MULTILINE)
    return json.loads(line)


def environment() -> dict[str, str]:
    """What ENV sets in the final stage."""
    final = DOCKERFILE.rsplit("\nFROM ", 1)[1].replace("\\\n", " ")
    [line] = re.findall(r"^ENV (.*)$", final, re.MULTILINE)
    return dict(pair.split("=", 1) for pair in line.split())


def test_the_image_runs_as_a_user_without_rights_that_owns_its_data() -> None:
    final = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER candorcast$", final, re.MULTILINE)
    assert "useradd --uid 10001" in final
    assert "chown candorcast:candorcast /data" in final


def test_no_secret_and_no_state_is_copied_into_the_image() -> None:
    ignored = (PROJECT / ".dockerignore").read_text().split()
    assert {".git", ".venv", ".candorcast", "deploy/.env", "tests"} <= set(ignored)


@pytest.mark.parametrize("step", ['"torch==${version}"', "pip install -c constraints.txt -e ."])
def test_what_is_installed_is_pinned(step: str) -> None:
    assert step in DOCKERFILE


def test_the_image_serves_with_a_key_and_its_health_check_passes(tmp_path: Path) -> None:
    port = free_port()
    own = {**os.environ, **environment(), "PORT": port, "CANDORCAST_HOME": str(tmp_path / "data")}
    own |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "CANDORCAST_API_KEY": "a-long-secret",
    }
    log = tmp_path / "app.log"
    app = processes.start(
        command(""), environment={**own, processes.MARK: str(tmp_path)}, log=log, cwd=PROJECT
    )
    try:
        deadline = time.monotonic() + 150
        check = command("HEALTHCHECK .* ")
        while not is_open(port) or subprocess.run(check, env=own, capture_output=True).returncode:
            assert app.poll() is None and time.monotonic() < deadline, processes.tail(log, lines=40)
            time.sleep(0.2)
        address = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{address}/info", trust_env=False).status_code == 401
    finally:
        processes.end(processes.family(str(tmp_path)), grace=5)
