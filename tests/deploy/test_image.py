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
from tests.deploy.composition import PROJECT
from tests.deploy.read_only import may_unshare, read_only
from tests.servers import free_port, is_open

DOCKERFILE = (PROJECT / "Dockerfile").read_text()
REQUIREMENTS = PROJECT / "deploy" / "requirements.txt"


def folders(root: Path) -> tuple[Path, Path]:
    """What stands for /data and /tmp."""
    data, scratch = root / "data", root / "tmp"
    data.mkdir()
    scratch.mkdir()
    return data, scratch


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
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)
    assert "useradd --uid 10001" in final
    assert "chown candorcast:candorcast /data" in final


def test_no_secret_and_no_state_is_copied_into_the_image() -> None:
    ignored = (PROJECT / ".dockerignore").read_text().split()
    assert {".git", ".venv", ".candorcast", "deploy/.env", "tests"} <= set(ignored)


@pytest.mark.parametrize("step", ['"torch==${version}"', "pip install -c constraints.txt -e ."])
def test_what_is_installed_is_pinned(step: str) -> None:
    assert step in DOCKERFILE


def test_what_the_containers_need_besides_is_pinned_and_agrees_with_the_constraints() -> None:
    lines = [line for line in REQUIREMENTS.read_text().splitlines() if not line.startswith("#")]
    besides = dict(re.fullmatch(r"([\w.-]+)(?:\[\w+\])?==(.+)", line).groups() for line in lines)
    constraints = dict(
        re.findall(r"^([\w.-]+)==(\S+)", (PROJECT / "constraints.txt").read_text(), re.MULTILINE)
    )
    assert besides["ray"] == constraints["ray"]
    assert {name for name in besides if constraints.get(name, besides[name]) != besides[name]} == set()


@pytest.mark.parametrize(
    ("variant", "index", "code", "asked"),
    [
        ("cpu", "of-cpu-wheels", 0, "--index-url of-cpu-wheels"),
        ("cpu", "", 0, ""),
        ("cuda", "of-cpu-wheels", 0, ""),
        ("tpu", "of-cpu-wheels", 2, "expected cpu or cuda"),
    ],
)
def test_a_variant_takes_its_torch_and_an_unknown_one_is_refused(
    variant: str, index: str, code: int, asked: str
) -> None:
    [choice] = re.findall(r"case \"\$VARIANT\" in .*?esac", DOCKERFILE.replace("\\\n", " "), re.DOTALL)
    script = f'{choice}; echo "$from"'
    ran = subprocess.run(
        ["sh", "-c", script],
        env={"VARIANT": variant, "TORCH_INDEX": index},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == code
    assert (ran.stdout.strip() == asked) if code == 0 else (asked in ran.stderr)


def test_the_image_says_what_it_is() -> None:
    for label in ("title", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{label}=" in DOCKERFILE


def test_the_image_serves_with_a_key_on_a_read_only_root_and_its_health_check_passes(tmp_path: Path) -> None:
    port, (data, scratch) = free_port(), folders(tmp_path)
    own = {**os.environ, **environment(), "PORT": port, "CANDORCAST_HOME": str(data)}
    own |= {
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "CANDORCAST_API_KEY": "a-long-secret",
    }
    log = tmp_path / "app.log"
    root = read_only(data, scratch) if may_unshare() else []
    app = processes.start(
        [*root, *command("")], environment={**own, processes.MARK: str(tmp_path)}, log=log, cwd=PROJECT
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
