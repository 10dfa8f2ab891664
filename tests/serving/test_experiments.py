"""Several experiments on one server: each is asked by its name, the first where none is named, and one that cannot be
opened leaves the others as they are."""

import re
import shutil

import httpx
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from ml_core.errors import InvalidInput
from ml_core.home.settings import Settings
from serving.app import build_app, open_app
from serving.door.access import Access
from serving.experiments import Experiments
from serving.service import Service
from tests.serving.conftest import LOOPBACK, write_file

ASK = {"ticker": "ALFA"}
KEY = "a-long-secret"


@pytest.fixture(scope="module")
def desk(address):
    """The real server, which was asked for small, other and broken."""
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        yield client


def open_both(*services: Service, **settings: object) -> TestClient:
    """The experiments of these, and one that is closed."""
    given, opened = Settings(**settings), {one.experiment.name: one for one in services}
    experiments = Experiments(opened, {"third": "its file is gone"}, (*opened, "third"))
    app = build_app(experiments, Access(given), given)
    return TestClient(app, LOOPBACK, raise_server_exceptions=False)


@pytest.fixture
def both(own_world) -> tuple[Service, Service]:
    own_world.register()
    return own_world.service(), own_world.beside("other").service()


@pytest.mark.parametrize(
    ("path", "answers"),
    [
        ("/info", "small.simulated"),
        ("/info?experiment=small", "small.simulated"),
        ("/info?experiment=other", "other.simulated"),
        ("/experiments/other/info", "other.simulated"),
        ("/info?version=1&experiment=other", "other.simulated"),
        ("/info/?experiment=other", "other.simulated"),
        ("/experiments/other/info/", "other.simulated"),
        ("/experiments/other/info?version=1&experiment=other", "other.simulated"),
    ],
)
def test_an_experiment_is_asked_by_its_name_and_the_first_where_none_is_named(desk, path, answers):
    assert desk.get(path, follow_redirects=True).json()["model"] == answers


def test_forecasts_say_whose_they_are_and_lead_to_their_own_evidence(desk):
    for name in ("small", "other"):
        for _ in range(2):  # made, then kept
            told = desk.post(f"/predictions/single?experiment={name}", json=ASK).json()
            assert told["model"] == f"{name}.simulated"
        assert desk.get(told["evidence"]).json()["model"] == f"{name}.simulated"


def test_who_is_served_is_listed_with_what_keeps_one_from_it(desk):
    told = {one["name"]: one for one in desk.get("/experiments").json()["experiments"]}
    assert list(told) == ["small", "other", "broken"]
    assert [one["first"] for one in told.values()] == [True, False, False]
    assert told["broken"]["status"] == "closed"
    assert "not a TOML file" in told["broken"]["why"]
    assert {told["small"]["status"], told["other"]["status"]} <= {"ok", "old"}


@pytest.mark.parametrize(
    "path", ["/health?experiment=nobody", "/experiments/nobody/models", "/ui?experiment=nobody"]
)
def test_an_unknown_name_is_told_with_those_that_are_known(desk, path):
    answer = desk.get(path)
    assert answer.status_code == 404
    assert answer.json() == {"error": "no experiment 'nobody' is served here; expected any of small, other"}


@pytest.mark.parametrize("path", ["/?experiment=nobody", "/ui/?experiment=nobody", "/docs?experiment=nobody"])
def test_a_person_is_told_an_unknown_name_on_a_page_with_those_that_are_known(desk, path):
    answer = desk.get(path, headers={"Accept": "text/html,*/*"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "no experiment &#x27;nobody&#x27; is served here" in answer.text


def test_one_that_cannot_be_opened_is_told_by_name_and_its_process_lives(desk):
    refused = desk.get("/models?experiment=broken")
    assert refused.status_code == 503
    assert refused.json()["error"].startswith("experiment 'broken' cannot be opened: ")
    assert "not a TOML file" in refused.json()["error"]
    health = desk.get("/health?experiment=broken")
    assert (health.status_code, health.json()["status"]) == (200, "waiting")
    assert "not a TOML file" in health.json()["failure"]


def test_figures_are_told_of_each_experiment(desk):
    for name in ("small", "other"):
        desk.get(f"/health?experiment={name}")
    families = text_string_to_metric_families(desk.get("/metrics").text)
    found = {family.name: family.samples for family in families}
    ready = {one.labels["experiment"]: one.value for one in found["candorcast_ready"]}
    assert ready == {"small": 1, "other": 1, "broken": 0}
    assert {one.labels["experiment"] for one in found["candorcast_swaps"]} == {"small", "other"}


def test_the_document_of_each_has_examples_that_ask_for_it(desk):
    document = desk.get("/openapi.json?experiment=other").json()
    for routes in document["paths"].values():
        for route in routes.values():
            (named,) = [one for one in route["parameters"] if one["name"] == "experiment"]
            assert named["example"] == "other"
    assert f"'{desk.base_url}/info?experiment=other'" in desk.get("/docs?experiment=other").text.replace(
        "&#x27;", "'"
    )


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        ("/", "/ui/?experiment=small"),
        ("/?tab=search", "/ui/?experiment=small&tab=search"),
        ("/experiments/other/", "/ui/?experiment=other"),
    ],
)
def test_every_address_of_the_page_names_its_experiment(desk, path, leads):
    answer = desk.get(path, follow_redirects=True)
    assert (answer.status_code, str(answer.url)) == (200, f"{desk.base_url}{leads}")


def test_a_swap_in_one_is_no_swap_in_another(own_world, both):
    client, (small, other) = open_both(*both), both
    small.look()
    other.look()
    own_world.register()
    small.look()
    other.look()
    versions = [client.get(f"/health?experiment={name}").json()["version"] for name in ("small", "other")]
    assert versions == ["2", "1"]
    assert [one.condition.champion.swaps for one in both] == [1, 0]


def test_without_the_key_no_name_is_told(both):
    client = open_both(*both, api_key=KEY, host="0.0.0.0")
    for path in ("/info?experiment=nobody", "/info?experiment=third", "/info?experiment=other"):
        assert not re.search("small|is gone", client.get(path).text)
    assert client.get("/info?experiment=other").status_code == 401
    assert client.get("/experiments").status_code == 401
    assert "small" in client.get("/info?experiment=nobody", headers={"X-API-Key": KEY}).json()["error"]


def test_who_logged_in_on_one_page_is_known_to_the_others(both):
    client = open_both(*both, api_key=KEY, host="0.0.0.0")
    assert client.get("/experiments/other/ui/config").status_code == 401
    assert client.post("/ui/login", data={"username": "me", "password": KEY}).status_code == 200
    told = client.get("/experiments/other/ui/config")
    assert told.status_code == 200
    assert told.json()["root"] == f"{LOOPBACK}/experiments/other/ui"


def test_two_of_one_name_are_refused_and_so_are_none_that_can_be_opened(own_world, tmp_path):
    first = write_file(own_world.experiment, tmp_path)
    second = str(shutil.copy(first, tmp_path / "again.toml"))
    with pytest.raises(InvalidInput, match="both named 'small'"):
        open_app(Settings(home=own_world.home.root, experiments=(first, second)))
    with pytest.raises(InvalidInput, match="no experiment 'dem0'"):
        open_app(Settings(home=own_world.home.root, experiments=("dem0", "nothing")))
