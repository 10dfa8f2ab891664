"""The routes that do something: runs are asked for, a champion is moved; each by whom, and refused in one line."""

import pytest

from serving.rest.parameters import EXAMPLE
from serving.runs.desk import Desk
from serving.service import Service
from tests.market import NOW
from tests.serving.conftest import open_client
from tests.serving.noting import Noting


class Silent:
    """A runner elsewhere that does not answer."""

    def does(self, _verb: str) -> bool:
        return True

    def start(self, *_asked, **_by):
        from ml_core.errors import ForecastError

        raise ForecastError("Prefect does not answer at http://127.0.0.1:1/api")

    def runs(self, _most: int):
        return self.start()

    def find(self, _name: str) -> None:
        return None


@pytest.fixture
def noting(world) -> Noting:
    return Noting(world.experiment.name, NOW, one_at_a_time=True)


@pytest.fixture
def client(world, noting):
    return open_client(_service(world, Desk(noting)))


def _service(world, desk: Desk) -> Service:
    service = world.service()
    service.desk = desk
    return service


def test_a_run_is_started_watched_and_ended(client, noting):
    answer = client.post("/runs", json={"verb": "search", "trials": 12, "afresh": True})
    assert answer.status_code == 202
    started = answer.json()
    assert (started["state"], started["parameters"]) == ("running", {"trials": "12", "afresh": "yes"})
    ((asked, by),) = noting.asked
    assert (asked.trials, by) == (12, "this machine")
    told = client.get(f"/runs/{started['id']}").json()
    assert told["log"] == ["> it has begun"]
    assert [run["id"] for run in client.get("/runs").json()["runs"]] == [started["id"], EXAMPLE]
    assert client.delete(f"/runs/{started['id']}").json()["state"] == "cancelled"
    assert client.delete(f"/runs/{EXAMPLE}").json()["state"] == "completed", "what has ended stays as it is"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (
            {"verb": "drop"},
            "verb: expected 'refresh', 'predict', 'search', 'refit', 'monitor' or 'audit', got \"drop\"",
        ),
        ({}, "verb: missing; it has no default"),
        ({"verb": "search", "trials": 10**9}, "trials: expected at most 10000, got 1000000000"),
        ({"verb": "refresh", "trials": 3}, "trials: refresh does not read it; it reads no parameter"),
        ({"verb": "audit", "version": "; rm -rf /"}, "version: expected the number of a version"),
        ({"verb": "predict", "as_of": "soon"}, "as_of: expected a date such as 2024-03-28"),
        (
            {"verb": "predict", "as_of": "2099-01-01"},
            "as_of: no session of 2099-01-01 is stored; expected a day from ",
        ),
        (
            {"verb": "predict", "date": "1990-01-01"},
            "date: no session of 1990-01-01 is stored; expected a day from ",
        ),
        (
            {"verb": "audit", "version": "99"},
            "version: small.simulated has no version '99'; it has 1 (champion)",
        ),
        ({"verb": "audit", "version": "challenger"}, "version: small.simulated has no challenger"),
        ({"verb": "predict", "asof": "2019-01-01"}, "unknown field 'asof'; did you mean 'as_of'?"),
        ([], "the body: expected a JSON object"),
    ],
)
def test_what_cannot_be_started_is_refused_in_one_line(client, noting, body, line):
    answer = client.post("/runs", json=body)
    assert answer.status_code == 422
    assert line in answer.json()["error"]
    assert noting.asked == []


def test_while_one_goes_on_another_is_refused_with_its_name(client):
    name = client.post("/runs", json={"verb": "refresh"}).json()["id"]
    answer = client.post("/runs", json={"verb": "audit"})
    assert answer.status_code == 409
    assert f"cancel {name}" in answer.json()["error"]


def test_a_run_that_nobody_started_is_404_whatever_is_asked_of_it(client):
    for method in ("GET", "DELETE"):
        answer = client.request(method, "/runs/nothing")
        assert (answer.status_code, answer.json()["error"]) == (
            404,
            "no run 'nothing' is known; GET /runs lists those that are",
        )


def test_where_prefect_does_not_answer_the_others_are_told_and_it_is_said(world, noting):
    client = open_client(_service(world, Desk(noting, elsewhere=Silent)))
    told = client.get("/runs").json()
    assert [run["id"] for run in told["runs"]] == [EXAMPLE]
    assert told["notes"] == ["Prefect does not answer at http://127.0.0.1:1/api"]
    assert client.post("/runs", json={"verb": "refresh"}).status_code == 503
    assert noting.asked == [], "it is not quietly done elsewhere"


def test_who_may_sit_elsewhere_sees_no_path_of_this_machine_in_a_log(world, noting):
    from serving.hints import hide_paths

    noting.logs[EXAMPLE] = ["wrote /srv/secret/place/bars.csv"]
    client = open_client(_service(world, Desk(noting, hide=hide_paths)))
    assert client.get(f"/runs/{EXAMPLE}").json()["log"] == ["wrote bars.csv"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"},
        {"Content-Type": "application/json", "Sec-Fetch-Site": "same-site"},
        {"Content-Type": "application/json", "Origin": "https://evil.example"},
        {"Content-Type": "application/json", "Origin": "null"},
        {"Content-Type": "application/json", "Origin": "http://localhost:9999"},
    ],
    ids=str,
)
def test_another_sites_page_starts_nothing_in_the_name_of_a_visitor(client, noting, headers):
    answer = client.post("/runs", content=b'{"verb": "refresh"}', headers=headers)
    assert answer.status_code in (403, 422)
    if headers["Content-Type"] != "text/plain":
        assert client.post("/ui/gradio_api/queue/join", json={}, headers=headers).status_code == 403
    assert noting.asked == []


def test_our_own_page_and_a_site_that_was_named_may_ask(world, noting):
    client = open_client(_service(world, Desk(noting)), cors_origins=("https://desk.example",))
    for headers in (
        {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": "https://desk.example", "Sec-Fetch-Site": "cross-site"},
    ):
        assert client.post("/predictions/single", json={"ticker": "ALFA"}, headers=headers).status_code == 200
    named = {"Origin": "https://desk.example", "Sec-Fetch-Site": "cross-site"}
    assert client.post("/ui/gradio_api/queue/join", json={}, headers=named).status_code == 403


def test_the_champion_is_moved_by_the_rules_of_the_command_and_it_is_kept_who_and_why(own_world):
    own_world.register(passed=True)
    own_world.register()
    client = open_client(own_world.service())
    refused = client.post("/models/champion", json={"version": "1x", "reason": "because"})
    assert "version: expected the number of a version, such as 3" in refused.json()["error"]
    told = client.post("/models/champion", json={"reason": "what came after it <b>did not</b> hold"}).json()
    assert told == {"version": "1", "left": "2", "forced": False, "against": None}
    assert client.get("/health").json()["version"] == "1", "served at once"
    last = own_world.registry.moves(own_world.name)[-1]
    assert last.why == "rollback from version 2, said by this machine: what came after it <b>did not</b> hold"


def test_what_the_gate_refused_takes_force_and_stays_marked(own_world):
    own_world.register(passed=True)
    own_world.register(promote=False)
    client = open_client(own_world.service())
    asked = {"version": "2", "reason": "to look at it"}
    answer = client.post("/models/champion", json=asked)
    assert answer.status_code == 422
    assert "was refused by the gate" in answer.json()["error"]
    assert "marked for ever" in answer.json()["error"]
    assert client.post("/models/champion", json=asked | {"force": True}).json()["forced"] is True
    assert own_world.registry.find(own_world.name, "2").forced
    assert (
        client.post("/models/champion", json=asked | {"force": True})
        .json()["error"]
        .endswith("version 2 is champion already")
    )
    unreasoned = client.post("/models/champion", json={"reason": "x"})
    assert unreasoned.status_code == 422
    assert unreasoned.json()["error"] == 'reason: expected text of 3 or more characters, got "x"'
