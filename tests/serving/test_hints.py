"""A command in an answer is the one that whoever runs the server types; who may sit elsewhere sees no path of it."""

from pathlib import Path

import pytest

from flows.stack.web import serve_app
from ml_core.data.order import place_order
from ml_core.home.settings import Settings, open_home
from serving.app import open_app
from serving.hints import Hints, hide_paths
from serving.service import Service
from tests.market import NOW, small_experiment
from tests.serving.conftest import open_client

REFRESH = "no bars stored for X; run: candorcast refresh small"


@pytest.fixture
def served(tmp_path, monkeypatch) -> dict[str, str]:
    """The environment that `serve --home DIR` hands to the server, which replaces the process."""
    for name in ("CANDORCAST_HOME", "CANDORCAST_OWN_HOME", "CANDORCAST_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    kept: dict[str, str] = {}
    monkeypatch.setattr("os.execvpe", lambda _file, _command, environment: kept.update(environment))
    home = open_home(tmp_path / "mine")
    serve_app({"small": None}, home, overrides=(), host="127.0.0.1", port=0, say=lambda _: None)
    return kept


def test_a_server_that_was_given_a_home_says_it_in_its_commands(served, tmp_path, monkeypatch):
    hints = Hints("small", open_home(tmp_path / "mine"))
    assert hints.tell(REFRESH).endswith(f"refresh small --home {tmp_path / 'mine'}")
    for name in ("CANDORCAST_HOME", "CANDORCAST_OWN_HOME"):
        monkeypatch.setenv(name, served[name])
    assert hints.tell(REFRESH).endswith(f"refresh small --home {tmp_path / 'mine'}")


def test_a_home_that_the_command_finds_by_itself_is_not_said(tmp_path, monkeypatch):
    monkeypatch.setenv("CANDORCAST_HOME", str(tmp_path))
    assert Hints("small", open_home(tmp_path)).tell(REFRESH) == REFRESH


def test_who_may_sit_elsewhere_sees_paths_from_where_the_server_was_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hints = Hints(f"{tmp_path}/experiments/a.toml", open_home(tmp_path / "mine"), ("name=x",), elsewhere=True)
    told = "run: candorcast refresh experiments/a.toml --set name=x --home mine"
    assert hints.tell("run: candorcast refresh a") == told
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.chdir("/")
    assert hints.tell("run: candorcast refresh a").endswith(
        "refresh ~/experiments/a.toml --set name=x --home ~/mine"
    )


def test_what_has_no_such_name_is_left_to_who_runs_the_server(tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    monkeypatch.setattr(Path, "home", lambda: Path("/nowhere"))
    hints = Hints("demo", open_home(tmp_path / "mine"), elsewhere=True)
    told = hints.tell("demo.simulated has no challenger; run: candorcast search demo")
    assert (
        told
        == "demo.simulated has no challenger; on the server, with its own folders, run: candorcast search demo"
    )
    spaced = Hints("demo", open_home(tmp_path / "my home"), elsewhere=True)
    assert spaced.tell("run: candorcast search demo").endswith("run: candorcast search demo")
    assert hide_paths(f"{tmp_path}/bars.csv: cannot be read") == "bars.csv: cannot be read"
    assert hide_paths("a/b and 3/4, from 1 to 2") == "a/b and 3/4, from 1 to 2"


@pytest.mark.parametrize("key", [None, "a-long-secret"])
def test_the_whole_server_tells_its_paths_only_where_nobody_else_reads_them(tmp_path, monkeypatch, key):
    monkeypatch.chdir("/")
    monkeypatch.setattr(Path, "home", lambda: Path("/nowhere"))
    monkeypatch.setenv("CANDORCAST_OWN_HOME", str(tmp_path / "another"))
    settings = Settings(home=tmp_path, api_key=key)
    from fastapi.testclient import TestClient

    client = TestClient(open_app(settings), "http://127.0.0.1:8000")
    health = client.get("/health").json()["failure"]
    asked = client.get("/info", headers={"X-API-Key": key} if key else {}).json()["error"]
    for told in (health, asked):
        assert "candorcast refresh demo" in told
        assert (str(tmp_path) in told) is (key is None)


def test_the_service_of_an_experiment_names_it_plainly(tmp_path, monkeypatch):
    monkeypatch.setenv("CANDORCAST_HOME", str(tmp_path))
    service = Service(place_order(small_experiment(), open_home(tmp_path)), clock=lambda: NOW)
    assert open_client(service).get("/info").json()["error"].endswith("run: candorcast refresh small")
