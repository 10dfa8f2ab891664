"""Runs as those of a Prefect server, by its HTTP API as version 3 answers it. That a real one answers so is tested in
tests/flows."""

import datetime as dt
import json

import httpx
import pytest

from ml_core.errors import ForecastError, InvalidInput
from ml_core.home.lock import hold
from ml_core.home.settings import open_home
from serving.hints import hide_paths
from serving.runs.desk import Desk
from serving.runs.prefect import Prefect, Server, find_server
from serving.runs.processes import Processes
from serving.runs.request import RunRequest

NOW = dt.datetime(2026, 1, 2, 22, tzinfo=dt.UTC)
NAME = "0b0e7a52-6b0c-4d0e-9a52-6b0c4d0e9a52"
OWN = {"experiment": "small.toml", "overrides": ["task.lookback=8"], "home": "/data"}


class Answering(Server):
    """A server in this process: what it was asked, and rows that it holds."""

    def __init__(self, rows=(), logs=(), status: int = 200) -> None:
        super().__init__("http://prefect.example/api")
        object.__setattr__(self, "seen", [])
        object.__setattr__(self, "held", {"flow_runs": list(rows), "logs": list(logs), "status": status})

    def open(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        body, path = json.loads(request.content or b"{}"), request.url.path.removeprefix("/api")
        self.seen.append((request.method, path, body))
        held = self.held
        if held["status"] != 200:
            return httpx.Response(held["status"])
        if path.startswith("/deployments/name/"):
            known = path != "/deployments/name/refit/small"
            return httpx.Response(200 if known else 404, json={"id": "d1", "parameters": OWN})
        if path == "/deployments/d1/create_flow_run":
            return httpx.Response(
                201, json=row(tags=["small", "search", *body["tags"]], parameters=body["parameters"])
            )
        if path == "/flow_runs/filter":
            return httpx.Response(200, json=held["flow_runs"][: body["limit"]])
        if path == "/logs/filter":
            return httpx.Response(200, json=held["logs"][body["offset"] :][: body["limit"]])
        if path == "/artifacts/filter":
            return httpx.Response(200, json=[{"flow_run_id": NAME, "data": 40.0}])
        return httpx.Response(200, json={})


def row(**told) -> dict:
    plain = {
        "id": NAME, "name": "refresh small", "state_type": "SCHEDULED", "state_name": "Scheduled", "state": None,
        "tags": ["small", "refresh"], "parameters": OWN, "start_time": None, "end_time": None,
        "expected_start_time": "2026-01-02T21:00:00Z", "created_by": None,
    }  # fmt: skip
    return {**plain, **told}


def open_runs(*rows, **held) -> tuple[Prefect, Answering]:
    server = Answering(rows, **held)
    return Prefect(server, "small", lambda: NOW), server


def test_a_run_of_the_deployment_is_asked_for_with_its_own_parameters_and_who_asked():
    runs, server = open_runs()
    run = runs.start(RunRequest(verb="search", trials=30, afresh=True), by="anna")
    assert (run.id, run.verb, run.state, run.where, run.by) == (NAME, "search", "waiting", "prefect", "anna")
    (_, _, body) = server.seen[-1]
    assert body["parameters"] == {**OWN, "overrides": ["task.lookback=8", "search.trials=30"], "again": True}
    runs.start(RunRequest(verb="predict", as_of=dt.date(2025, 6, 3)), by="anna")
    assert server.seen[-1][2]["parameters"] == {**OWN, "as_of": "2025-06-03"}


@pytest.mark.parametrize(
    ("state", "name", "told"),
    [
        ("PENDING", "Pending", "waiting"), ("RUNNING", "Running", "running"), ("COMPLETED", "Completed", "completed"),
        ("COMPLETED", "Refused", "partial"), ("FAILED", "Failed", "failed"), ("CRASHED", "Crashed", "lost"),
        ("CANCELLED", "Cancelled", "cancelled"), ("CANCELLING", "Cancelling", "cancelling"),
    ],
)  # fmt: skip
def test_its_states_are_told_in_our_words(state, name, told):
    (run,) = open_runs(row(state_type=state, state_name=name, state={"message": "it <b>said</b>\nso"}))[
        0
    ].runs(9)
    assert run.state == told
    assert run.told == "it <b>said</b> so"
    assert run.progress == (0.4 if told == "running" else None)


def test_who_started_it_is_told_and_what_its_schedule_holds_for_later_is_no_run():
    by = {"display_value": "predict small after score"}
    runs, server = open_runs(row(), row(created_by=by), row(tags=["small", "score"]))
    assert [run.by for run in runs.runs(9)] == ["its schedule", "predict small after score"]
    asked = server.seen[0][2]
    assert asked["flow_runs"]["expected_start_time"]["before_"] == "2026-01-02T22:01:00+00:00"
    assert asked["deployments"] == {"name": {"any_": ["small"]}}


def test_the_end_of_a_long_log_is_read_page_by_page():
    lines = [
        {"timestamp": f"2026-01-02T21:00:{one % 60:02}Z", "message": f"line {one}\x1b[0m"}
        for one in range(450)
    ]
    log = open_runs(logs=lines[::-1])[0].log(NAME)
    assert len(log) == 400
    assert (log[0], log[-1]) == ("21:00:50  line 50", "21:00:29  line 449")


def test_a_run_is_ended_by_asking_prefect_and_it_is_said_by_whom():
    runs, server = open_runs(row(state_type="RUNNING"))
    runs.cancel(NAME, by="ben")
    method, path, body = server.seen[-1]
    assert (method, path) == ("POST", f"/flow_runs/{NAME}/set_state")
    assert body["state"] == {"type": "CANCELLING", "message": "asked for by ben"}


@pytest.mark.parametrize("name", ["20260101-000000-000000-refresh", "../flows", NAME.upper(), ""])
def test_a_name_that_is_none_of_its_ids_is_not_even_asked_for(name):
    runs, server = open_runs(row())
    assert runs.find(name) is None
    assert server.seen == []


def test_what_is_not_deployed_is_refused_with_what_helps():
    runs, _ = open_runs()
    with pytest.raises(InvalidInput, match="no deployment refit/small; put it in force with: candorcast up"):
        runs.start(RunRequest(verb="refit"), by="anna")
    assert not runs.does("audit")


@pytest.mark.parametrize(
    ("status", "line"), [(401, "set PREFECT_API_AUTH_STRING"), (503, "Prefect answers 503")]
)
def test_a_server_that_refuses_is_told_in_one_line(monkeypatch, status, line):
    monkeypatch.setattr("serving.runs.prefect.PAUSE", 0.0)
    with pytest.raises(ForecastError, match=line):
        open_runs(status=status)[0].runs(9)


def test_a_server_that_is_busy_is_asked_again(monkeypatch):
    runs, server = open_runs(row(), status=503)
    monkeypatch.setattr("serving.runs.prefect.time.sleep", lambda _: server.held.update(status=200))
    assert [run.id for run in runs.runs(9)] == [NAME]
    assert [path for _, path, _ in server.seen] == ["/flow_runs/filter"] * 2


def test_a_server_that_is_not_there_is_told_with_its_address():
    runs = Prefect(Server("http://127.0.0.1:9/api"), "small", lambda: NOW)
    with pytest.raises(ForecastError, match=r"Prefect does not answer at http://127\.0\.0\.1:9/api"):
        runs.runs(9)


def test_the_server_is_that_of_the_environment_else_of_a_stack_that_runs_in_this_home(tmp_path):
    home = open_home(tmp_path / "home")
    own = {"PREFECT_API_URL": "http://prefect.example/api", "PREFECT_API_AUTH_STRING": "me:secret"}
    assert find_server(home, own) == Server("http://prefect.example/api", "me:secret")
    assert find_server(home, {}) is None
    home.services.mkdir()
    (home.services / "prefect.json").write_text(json.dumps({"address": "http://127.0.0.1:4200"}))
    assert find_server(home, {}) is None, "what a stack that was killed left behind"
    with hold(home, "stack"):
        assert find_server(home, {}) == Server("http://127.0.0.1:4200/api")


SOURCE = "data.yahoo.proxy=http://me:hunter2@proxy.example:8080/x"


def test_no_secret_of_a_run_of_prefects_is_told(tmp_path):
    given = {**OWN, "overrides": [SOURCE, "data.files.api_key=hunter2"]}
    state = {"message": "cannot reach https://me:hunter2@bars.example/daily"}
    logs = [{"timestamp": "2026-01-02T21:00:01Z", "message": "token = hunter2, asked twice", "level": 20}]
    runs, _ = open_runs(row(parameters=given, state=state), logs=logs)
    desk = Desk(Processes(open_home(tmp_path), "small", lambda _: [], lambda: NOW), lambda: runs)
    (run,), one = desk.runs().runs, desk.find(NAME)
    assert run.parameters["overrides"] == (
        "data.yahoo.proxy=http://***@proxy.example:8080/x, data.files.api_key=***"
    )
    assert run.told == "cannot reach https://***@bars.example/daily"
    assert "hunter2" not in f"{run} {one}"
    assert one.log[0].endswith("token = ***, asked twice")


def test_who_may_sit_elsewhere_sees_no_path_of_this_machine_in_a_parameter(tmp_path):
    runs, _ = open_runs(row(parameters={**OWN, "overrides": ["data.files.path=/srv/secret/place/bars.csv"]}))
    here = Processes(open_home(tmp_path), "small", lambda _: [], lambda: NOW)
    (run,) = Desk(here, lambda: runs, hide_paths).runs().runs
    assert run.parameters["overrides"] == "data.files.path=bars.csv"
