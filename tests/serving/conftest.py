"""One small world for all tests of this folder, the web on top of it, and the browser that looks at it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import tomlkit
from fastapi.testclient import TestClient
from playwright.sync_api import Page, sync_playwright

from ml_core.home.settings import Home, Settings
from ml_core.spec.experiment import Experiment
from serving.app import build_app
from serving.door.access import Access
from serving.experiments import Experiments
from serving.service import Service
from tests.serving.looked import look_back
from tests.serving.searched import choose, end_trials
from tests.serving.world import World, build_world

EVIL = "<img src=x onerror=\"document.title='broken in'\"><script>document.title='broken in'</script>"
LOOPBACK = "http://127.0.0.1:8000"
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


@pytest.fixture(scope="session")
def world(new_home: Callable[[], Home], tmp_path_factory: pytest.TempPathFactory) -> World:
    """For reading only; a test that registers or refreshes takes `own_world`."""
    return build_world(tmp_path_factory.mktemp("home"), blank=new_home().root / "mlflow.db")


@pytest.fixture
def own_world(world: World, tmp_path: Path) -> World:
    return world.elsewhere(tmp_path / "home")


@pytest.fixture(scope="session")
def service(world: World) -> Service:
    return world.service()


@pytest.fixture(scope="session")
def client(service: Service) -> TestClient:
    return open_client(service)


def open_client(service: Service, **settings: object) -> TestClient:
    """The whole application in this process, as the environment's settings would build it."""
    given = Settings(**settings)
    served = Experiments({service.experiment.name: service})
    return TestClient(build_app(served, Access(given), given), LOOPBACK, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def page(chromium: str) -> Iterator[Page]:
    """One for all visits of a module: the scripts that it has read for one it need not read again for the next."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser.new_page()
        browser.close()


@pytest.fixture(scope="session")
def address(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real server in a process of its own, ended when the tests are, of a home in which a search has ended,
    monitoring has looked often, and a run has left a log that is no kind one. Beside that experiment it serves one that
    has only a champion, and is asked for one whose file cannot be read."""
    folder = tmp_path_factory.mktemp("searched")
    own = world.copy(folder / "home")
    choose(own, end_trials(own.experiment, own.home))
    look_back(own)
    own.register(passed=True)
    own.register()
    leave_run(own.home)
    (folder / "broken.toml").write_text("name = ", encoding="utf-8")
    with serve(own, folder, own.beside("other"), broken="broken.toml") as where:
        yield where


def leave_run(home: Home) -> None:
    """A run that has ended, as a server of before has left it."""
    folder = home.runs / "20251231-120000-000000-audit"
    folder.mkdir(parents=True)
    told = {"verb": "audit", "experiment": "small", "parameters": {}, "by": "anna", "keeper": 1}
    begun = {"created": "2025-12-31T12:00:00+00:00"}
    (folder / "asked.json").write_text(json.dumps(told | begun), encoding="utf-8")
    (folder / "log").write_text(f"</pre>{EVIL}\n\x1b[31mred\n", encoding="utf-8")
    (folder / "ended.json").write_text(
        json.dumps({"code": 0, "at": "2025-12-31T12:01:00+00:00"}), encoding="utf-8"
    )


@contextmanager
def serve(world: World, folder: Path, *others: World, broken: str = "") -> Iterator[str]:
    """Where the server of this world, and of others in the same home, answers."""
    with start(world, folder, *others, broken=broken) as (where, _):
        yield where


@contextmanager
def start(
    world: World, folder: Path, *others: World, broken: str = ""
) -> Iterator[tuple[str, subprocess.Popen]]:
    """The same, with its process."""
    files = [*(write_file(one.experiment, folder) for one in (world, *others)), *filter(None, [broken])]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CANDORCAST_")},
        "CANDORCAST_EXPERIMENT": ",".join(files),
        "CANDORCAST_HOME": str(world.home.root),
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "serving.app:create_app", "--port", str(port)]
    with (folder / "log").open("w+") as log:
        server = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(server, f"http://127.0.0.1:{port}", folder / "log")
            yield f"http://127.0.0.1:{port}", server
        finally:
            server.terminate()
            server.wait(20)


def write_file(experiment: Experiment, folder: Path) -> str:
    """The experiment as its user would have written it."""
    path = folder / f"{experiment.name}.toml"
    path.write_text(tomlkit.dumps(experiment.model_dump(mode="json", exclude_none=True)), encoding="utf-8")
    return str(path)


def _wait(server: subprocess.Popen, address: str, log: Path) -> None:
    until = time.monotonic() + 150
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(f"{address}/health", trust_env=False, verify=False, timeout=2).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    pytest.fail(f"the server did not answer:\n{log.read_text(encoding='utf-8')[-2000:]}", pytrace=False)
