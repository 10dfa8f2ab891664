"""The door of the app: who may come in, from where, and what every response carries."""

import threading
import time

import pytest
from fastapi.testclient import TestClient

from ml_core.errors import InvalidInput
from ml_core.home.settings import Settings
from serving.app import open_app
from tests.serving.conftest import LOOPBACK, open_client

ASK = {"ticker": "ALFA"}
KEY = "a-long-secret"


@pytest.fixture(scope="module")
def guarded(service):
    return open_client(service, api_key=KEY, host="0.0.0.0", cors_origins=("https://desk.example",))


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "::", "desk.local"])
def test_without_a_key_only_loopback_is_served(world, host):
    settings = Settings(home=world.home.root, host=host)
    with pytest.raises(InvalidInput, match=f"--host {host} opens the app to others: set CANDORCAST_API_KEY"):
        open_app(settings)


def test_an_unknown_experiment_is_named(world):
    with pytest.raises(InvalidInput, match="no experiment 'dem0'"):
        open_app(Settings(home=world.home.root, experiments=("dem0",)))


def test_the_environment_says_what_is_served(tmp_path, monkeypatch):
    monkeypatch.setenv("CANDORCAST_EXPERIMENT", "demo")
    monkeypatch.setenv("CANDORCAST_SET", "name=other\ntask.horizons=[1, 2]\n")
    monkeypatch.setenv("CANDORCAST_CORS_ORIGINS", "https://a.example, https://b.example")
    monkeypatch.setenv("CANDORCAST_HOME", str(tmp_path))
    settings = Settings()
    assert settings.overrides == ("name=other", "task.horizons=[1, 2]")
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    told = TestClient(open_app(settings), LOOPBACK).get("/openapi.json").json()
    assert told["info"]["title"] == "candorcast"


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-Key": "wrong"}, {"X-API-Key": ""}, {"Authorization": "Bearer x"}]
)
def test_the_key_is_asked_for(guarded, headers):
    for answer in (
        guarded.post("/predictions/single", json=ASK, headers=headers),
        guarded.get("/info", headers=headers),
    ):
        assert answer.status_code == 401
        assert answer.json() == {"error": "a key is needed: send the header X-API-Key"}


@pytest.mark.parametrize("headers", [{"X-API-Key": KEY}, {"Authorization": f"Bearer {KEY}"}])
def test_the_key_opens_the_api(guarded, headers):
    assert guarded.post("/predictions/single", json=ASK, headers=headers).status_code == 200


def test_health_is_open_to_everyone(guarded):
    assert guarded.get("/health").json()["status"] == "ok"


def test_the_page_asks_for_the_same_key(guarded):
    assert guarded.get("/ui/config").status_code == 401
    assert guarded.post("/ui/login", data={"username": "me", "password": "wrong"}).status_code == 400
    assert guarded.post("/ui/login", data={"username": "me", "password": KEY}).status_code == 200
    assert guarded.get("/ui/config").status_code == 200


def test_only_named_origins_may_ask_from_a_browser(guarded):
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    named = guarded.options("/predictions/single", headers={"Origin": "https://desk.example", **ask})
    assert named.headers["access-control-allow-origin"] == "https://desk.example"
    other = guarded.options("/predictions/single", headers={"Origin": "https://evil.example", **ask})
    assert "access-control-allow-origin" not in other.headers


def test_without_a_key_another_host_name_is_refused(client):
    assert client.get("/health", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/health", headers={"Host": "localhost:8000"}).status_code == 200


def test_the_start_leads_to_the_page_and_nothing_may_be_loaded_from_elsewhere(client):
    start = client.get("/", follow_redirects=False)
    assert (start.status_code, start.headers["location"]) == (307, "/ui")
    page = client.get("/ui/")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"


def test_files_cannot_be_fetched_or_uploaded_through_the_page(client, world):
    for path in ("/etc/hostname", str(world.home.root / "mlflow.db"), "pyproject.toml"):
        assert client.get(f"/ui/gradio_api/file={path}").status_code in (403, 404)
    sent = client.post("/ui/gradio_api/upload", files={"files": ("a.txt", b"x" * 5000)})
    assert sent.json() == {"error": "nothing can be uploaded here"}


def test_a_new_champion_is_served_while_questions_keep_coming(own_world, monkeypatch):
    monkeypatch.setattr("serving.app.LOOK_EVERY", 0.05)
    own_world.register()
    answers, stop = [], threading.Event()
    with open_client(own_world.service()) as client:

        def ask() -> None:
            while not stop.is_set():
                answers.append(client.post("/predictions/single", json=ASK))

        askers = [threading.Thread(target=ask) for _ in range(3)]
        for asker in askers:
            asker.start()
        own_world.register()
        until = time.monotonic() + 20
        while time.monotonic() < until and client.get("/health").json()["version"] != "2":
            time.sleep(0.05)
        stop.set()
        for asker in askers:
            asker.join()
        answers.append(client.post("/predictions/single", json=ASK))
    assert {answer.status_code for answer in answers} == {200}
    assert answers[-1].json()["version"] == "2"


def test_the_page_keeps_no_analytics(client):
    config = client.get("/ui/config").json()
    assert config["analytics_enabled"] is False
    assert config["show_error"] is False


def test_what_the_bare_address_asks_for_is_asked_of_the_page(client):
    asked = client.get("/?tab=search&ticker=ALFA", follow_redirects=False)
    assert asked.headers["location"] == "/ui?tab=search&ticker=ALFA"
    assert client.get("/", follow_redirects=False).headers["location"] == "/ui"
