"""The REST interface: what it answers, and one clear line for every way of asking wrongly."""

import datetime as dt
from html import unescape

import pytest

from ml_core.spec.wording import DATE
from serving.messages import DISCLAIMER
from tests.serving.conftest import open_client
from tests.serving.world import LISTED
from tests.spec.test_wording import FOREIGN

SINGLE, BATCH = "/predictions/single", "/predictions/batch"
WRONG = [3, -1, 2.5, "soon", "", True, [], [1], ["a"], [["a"]], {"a": 1}, "A" * 500, [None], 10**30]


def test_a_single_prediction_carries_its_evidence(client):
    answer = client.post(SINGLE, json={"ticker": "ALFA", "horizons": [5, 1], "strategy": "single"}).json()
    assert [one["horizon"] for one in answer["forecasts"]] == [1, 5]
    assert answer["version"] == "1"
    assert answer["position"]["strategy"] == "single"
    assert answer["disclaimer"] == DISCLAIMER
    assert dt.date.fromisoformat(answer["as_of"])
    evidence = client.get(answer["evidence"]).json()
    assert evidence["version"] == "1"
    assert {"zero", "mean", "last", "ridge", "p_zero"} <= set(evidence["scores"][0])
    assert {"name", "passed", "why"} <= set(evidence["gate"]["checks"][0])


def test_a_batch_names_what_failed(client):
    answer = client.post(BATCH, json={"tickers": ["ALFA", "NOPE"]})
    assert answer.status_code == 200
    assert [one["ticker"] for one in answer.json()["predictions"]] == ["ALFA"]
    assert "no bars stored for 'NOPE'" in answer.json()["failed"]["NOPE"]
    assert len(client.post(BATCH, json={}).json()["predictions"]) == len(LISTED)


def test_health_and_info_describe_what_is_served(client, world):
    health = client.get("/health").json()
    assert (health["status"], health["model"], health["version"]) == ("ok", world.name, "1")
    info = client.get("/info").json()
    assert (info["model"], info["served"], info["aliases"]) == (world.name, True, ["champion"])
    assert info["holdout"]["sessions"] > 0
    assert info["spec"]["model"]["family"] == "lstm"


@pytest.mark.parametrize(
    ("body", "status", "line"),
    [
        ({"ticker": "NOPE"}, 404, "no bars stored for 'NOPE'"),
        ({"ticker": ""}, 422, 'ticker: expected text of 1 or more characters, got ""'),
        ({"ticker": "A" * 33}, 422, 'ticker: expected text of at most 32 characters, got "AAAA'),
        (
            {"ticker": "<b>"},
            422,
            'ticker: expected a ticker such as AAPL, without spaces, /, \\, < and >, got "<b>"',
        ),
        ({"ticker": 7}, 422, "ticker: expected text, got 7"),
        ({}, 422, "ticker: missing; it has no default"),
        ({"tiker": "ALFA", "ticker": "ALFA"}, 422, "unknown field 'tiker'; did you mean 'ticker'?"),
        ({"ticker": "ALFA", "horizons": [2]}, 422, "horizons: 2 is not forecast; expected any of 1, 3, 5"),
        ({"ticker": "ALFA", "horizons": []}, 422, "horizons: expected a list of at least 1, got []"),
        ({"ticker": "ALFA", "horizons": [0]}, 422, "horizons.0: expected at least 1, got 0"),
        ({"ticker": "ALFA", "horizons": [100000]}, 422, "horizons.0: expected at most 10000, got 100000"),
        ({"ticker": "ALFA", "horizons": [True]}, 422, "horizons.0: expected a whole number, got true"),
        ({"ticker": "ALFA", "horizons": "1"}, 422, 'horizons: expected a list, got "1"'),
        ({"ticker": "ALFA", "date": "June"}, 422, f'date: {DATE}, got "June"'),
        ({"ticker": "ALFA", "date": "2019-02-30"}, 422, f'date: {DATE}, got "2019-02-30"'),
        ({"ticker": "ALFA", "date": 20190228}, 422, f"date: {DATE}, got 20190228"),
        ({"ticker": "ALFA", "date": "2999-01-01"}, 422, "date: 2999-01-01 lies in the future"),
        ({"ticker": "ALFA", "as_of": "2999-01-01"}, 422, "as_of: 2999-01-01 lies in the future"),
        ({"ticker": "ALFA", "as_of": "1990-01-01"}, 422, "as_of: no prices up to 1990-01-01"),
        ({"ticker": "ALFA", "date": "1990-01-01"}, 422, "date: no prices up to 1990-01-01"),
        (
            {"ticker": "ALFA", "strategy": "yolo"},
            422,
            "strategy: expected 'auto', 'single', 'cross_section', 'long_short', 'long_only', 'sign', 'ensemble', "
            "'regime' or 'combined', got \"yolo\"",
        ),
    ],
)
def test_a_bad_single_request_is_refused_in_one_line(client, body, status, line):
    refuses(client.post(SINGLE, json=body), status, line)


@pytest.mark.parametrize(
    ("body", "status", "line"),
    [
        ({"tickers": ["NOPE"]}, 404, "no bars stored for 'NOPE'"),
        ({"tickers": []}, 422, "tickers: expected a list of at least 1, got []"),
        ({"tickers": ["ALFA"] * 2001}, 422, 'tickers: expected a list of at most 2000, got ["ALFA", '),
        ({"ticker": "ALFA"}, 422, "unknown field 'ticker'; did you mean 'tickers'?"),
    ],
)
def test_a_bad_batch_request_is_refused_in_one_line(client, body, status, line):
    refuses(client.post(BATCH, json=body), status, line)


@pytest.mark.parametrize("field", ["ticker", "horizons", "date", "strategy", "tickers"])
def test_every_wrong_value_is_refused_in_plain_words_with_what_was_given(client, field):
    for value in WRONG:
        body = {"ticker": "ALFA", field: value} if field != "tickers" else {"tickers": value}
        answer = client.post(BATCH if field == "tickers" else SINGLE, json=body)
        if answer.status_code == 422:
            told = answer.json()["error"]
            refuses(answer, 422, field)
            assert "expected" in told and (", got " in told or "not forecast" in told), told
            assert not [word for word in FOREIGN if word in told], told


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", "the body: expected a JSON object"),
        ("{", "the body: expected JSON; expecting property name"),
        ('{"ticker": }', "the body: expected JSON; expecting value, at character 12"),
        ("[1]", "the body: expected a JSON object"),
        ('"ALFA"', "the body: expected a JSON object"),
        ("null", "the body: expected a JSON object"),
        ('{"ticker": NaN}', "ticker: expected text, got NaN"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(client, content, line):
    refuses(client.post(SINGLE, content=content, headers={"Content-Type": "application/json"}), 422, line)


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ({"version": "x"}, "version: expected the number of a version, such as 3, or a seat: champion, "),
        ({"version": "-1"}, 'challenger, reference, got "-1"'),
        ({"version": ["1", "champion"]}, "version: stands in the address 2 times; expected once"),
        ({"alias": "king"}, "alias: expected 'champion', 'challenger' or 'reference', got \"king\""),
        ({"version": "1", "alias": "champion"}, "version, alias: each names who is asked; give one of them"),
        ({"verison": "1"}, "unknown query 'verison'; did you mean 'version'?"),
    ],
)
def test_a_wrong_query_is_refused_in_one_line_by_every_route_that_takes_one(client, query, line):
    refuses(client.get("/info", params=query), 422, line)
    refuses(client.post(SINGLE, json={"ticker": "ALFA"}, params=query), 422, line)
    refuses(client.post(BATCH, json={}, params=query), 422, line)


def test_the_board_names_its_own_field(client):
    refuses(
        client.get("/predictions/board?horizon=999"),
        422,
        "horizon: 999 is not forecast; expected any of 1, 3, 5",
    )


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ({"alias": "challenger"}, "small.simulated has no challenger; run: candorcast search small"),
        ({"version": "challenger"}, "small.simulated has no challenger; run: candorcast search small"),
        ({"version": "99"}, "has no version '99'; it has 1 (champion)"),
    ],
)
def test_an_empty_seat_or_an_unknown_version_is_nothing_that_is_there_and_nothing_that_is_broken(
    client, query, line
):
    refuses(client.get("/info", params=query), 404, line)
    refuses(client.post(SINGLE, json={"ticker": "ALFA"}, params=query), 404, line)
    refuses(client.post(BATCH, json={}, params=query), 404, line)


def test_a_version_is_asked_by_its_seat_as_on_the_command_line(client):
    by_seat, by_alias = (client.get("/info", params={name: "champion"}) for name in ("version", "alias"))
    assert (by_seat.status_code, by_seat.json()) == (200, by_alias.json())


def test_a_query_that_health_does_not_know_is_refused(client):
    refuses(
        client.get("/health", params={"version": "2"}), 422, "unknown query 'version'; /health takes none"
    )


def test_a_form_is_refused(client):
    refuses(client.post(SINGLE, data={"ticker": "ALFA"}), 422, "the body: expected a JSON object")


def test_bytes_that_are_no_text_are_refused(client):
    headers = {"Content-Type": "application/json"}
    refuses(
        client.post(SINGLE, content=b'{"ticker": "\xff"}', headers=headers),
        400,
        "expected JSON as UTF-8 text",
    )


@pytest.mark.parametrize(
    "path", ["/health", "/info", "/docs", "/openapi.json", "/metrics", "/ui/", SINGLE, "/nowhere"]
)
def test_head_is_answered_as_get_is_without_the_body(client, path):
    get, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-type"] == get.headers["content-type"]


def test_a_body_that_is_nested_too_deeply_is_told_so(client):
    headers = {"Content-Type": "application/json"}
    refuses(client.post(SINGLE, content="[" * 20_000, headers=headers), 400, "the body: nested too deeply")


def test_a_body_beyond_64_kib_is_refused_by_its_length_and_as_it_streams(client):
    large = b'{"ticker": "' + b"A" * 70_000 + b'"}'
    headers = {"Content-Type": "application/json"}
    refuses(client.post(SINGLE, content=large, headers=headers), 413, "the body is larger than 64 KiB")
    chunks = (large[at : at + 9000] for at in range(0, len(large), 9000))
    refuses(client.post(SINGLE, content=chunks, headers=headers), 413, "the body is larger than 64 KiB")


def test_wrong_addresses_and_methods_are_answered_in_the_same_shape(client):
    refuses(client.get("/nowhere"), 404, "no such address: /nowhere")
    refuses(client.get(SINGLE), 405, "GET is not allowed here")


def test_what_a_library_refuses_has_the_same_shape(client, service):
    refuses(
        client.get("/health", headers={"Host": "evil.example"}),
        400,
        "the header Host: expected a name of this",
    )
    refuses(client.get("/static/x"), 404, "no such address: /static/x")
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    named = open_client(service, cors_origins=("https://desk.example",))
    refuses(
        named.options(SINGLE, headers=preflight), 400, "Disallowed CORS origin: CANDORCAST_CORS_ORIGINS names"
    )
    locked = open_client(service, api_key="a-long-secret", host="0.0.0.0")
    refuses(locked.get("/ui/login"), 405, "GET is not allowed here")


def test_a_bug_leaves_no_traceback(world, monkeypatch):
    service = world.service()
    monkeypatch.setattr(service, "single", lambda *_, **__: 1 / 0)
    refuses(open_client(service).post(SINGLE, json={"ticker": "ALFA"}), 500, "something went wrong here")


def test_without_a_champion_every_question_says_what_to_run(own_world):
    client = open_client(own_world.service())
    line = "run: candorcast predict small"
    refuses(client.post(SINGLE, json={"ticker": "ALFA"}), 503, line)
    refuses(client.post(BATCH, json={}), 503, line)
    refuses(client.get("/info"), 503, line)
    assert client.get("/health").json()["status"] == "waiting"
    assert client.get("/ui/").status_code == 200


def test_the_document_describes_every_route_with_examples(client):
    document = client.get("/openapi.json").json()
    assert {SINGLE, BATCH, "/info", "/health", "/ready", "/metrics", "/models/{version}"} <= set(
        document["paths"]
    )
    assert document["components"]["schemas"]["SingleRequest"]["examples"]
    page = client.get("/docs").text
    for path in document["paths"]:
        assert f"<code>{path}</code>" in page
    assert "https://" not in page
    assert '"ticker": "ALFA", "horizons": [1, 3]' in unescape(page)


def refuses(answer, status: int, line: str) -> None:
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"]
    assert line in answer.json()["error"]
    assert "\n" not in answer.json()["error"]
