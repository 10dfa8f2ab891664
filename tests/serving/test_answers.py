"""The newest session is answered from bytes made once: the same that are computed, only until something newer is
served, and only for who may ask. Tags and squeezing change nothing of what is said."""

import gzip

import pytest
from fastapi.testclient import TestClient

from tests.serving.conftest import open_client

SINGLE, BATCH = "/predictions/single", "/predictions/batch"
ASKED = [
    (SINGLE, {"ticker": "ALFA"}),
    (SINGLE, {"ticker": "BRAV", "horizons": [1], "strategy": "single"}),
    (BATCH, {}),
]
PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture
def counted(world):
    """A server that remembers how often it computed."""
    service = world.service()
    client = open_client(service)
    made: list[str] = []
    for name in ("single", "batch"):
        compute = getattr(service, name)
        setattr(
            service,
            name,
            lambda *a, name=name, compute=compute, **k: (made.append(name), compute(*a, **k))[1],
        )
    client.post(SINGLE, json={"ticker": "CHAR"})  # somebody is served from now on
    made.clear()
    return client, made, service


@pytest.mark.parametrize(("path", "body"), ASKED)
def test_the_same_question_is_computed_once_and_answered_with_the_same_bytes(counted, path, body):
    client, made, _ = counted
    answers = [client.post(path, json=body, headers=PLAIN) for _ in range(3)]
    assert len(made) == 1
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert answers[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"ticker": "ALFA", "date": "2019-06-03"}, "a past day"),
        ({"ticker": "NOPE"}, "a refusal"),
        ({"ticker": "ALFA", "strategy": "yolo"}, "a refusal of its shape"),
    ],
)
def test_what_may_change_without_a_swap_is_computed_each_time(counted, body, why):
    client, made, _ = counted
    first, second = (client.post(SINGLE, json=body) for _ in range(2))
    assert first.content == second.content
    assert len(made) == (0 if first.status_code == 422 else 2), why


def test_a_spelled_out_date_is_no_way_around(counted):
    client, made, _ = counted
    content = '{"ticker": "ALFA", "d\\u0061te": "2019-06-03"}'
    for _ in range(2):
        answer = client.post(SINGLE, content=content, headers={"Content-Type": "application/json"})
        assert answer.json()["as_of"] == "2019-06-03"
    assert len(made) == 2


def test_another_version_is_asked_each_time(counted):
    client, made, _ = counted
    for _ in range(2):
        assert client.post(SINGLE, json={"ticker": "ALFA"}, params={"version": "1"}).status_code == 200
    assert len(made) == 2


def test_after_a_swap_nothing_of_before_is_answered(own_world):
    own_world.register()
    service = own_world.service()
    client = open_client(service)
    for number in ("1", "2", "3"):
        for _ in range(2):
            assert client.post(SINGLE, json={"ticker": "ALFA"}).json()["version"] == number
            assert client.post(BATCH, json={}).json()["version"] == number
        own_world.register()
        service.look()


def test_who_holds_an_answer_is_told_that_it_still_stands(client):
    first = client.post(SINGLE, json={"ticker": "ALFA"})
    for tag in (
        first.headers["etag"],
        first.headers["etag"].removeprefix("W/"),
        f'"x", {first.headers["etag"]}',
        "*",
    ):
        again = client.post(SINGLE, json={"ticker": "ALFA"}, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    other = client.post(SINGLE, json={"ticker": "BRAV"}, headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


@pytest.mark.parametrize("path", ["/info", "/models", "/models/1", "/live", "/predictions/board"])
def test_every_answer_of_the_api_has_a_tag(client, path):
    tag = client.get(path).headers["etag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize("accepted", ["gzip", "br, GZIP;q=0.5", "deflate, gzip"])
def test_who_asks_for_gzip_gets_the_same_answer_squeezed(client, accepted):
    plain = client.post(BATCH, json={}, headers=PLAIN)
    assert "content-encoding" not in plain.headers
    for _ in range(2):
        with client.stream("POST", BATCH, json={}, headers={"Accept-Encoding": accepted}) as answer:
            raw = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["etag"] == plain.headers["etag"]
        assert answer.headers["vary"] == "Accept-Encoding"
        assert len(raw) == int(answer.headers["content-length"]) < len(plain.content) / 2
        assert gzip.decompress(raw) == plain.content


@pytest.mark.parametrize("accepted", ["identity", "br", "gzip;q=0", "gzip; q=0.0"])
def test_who_does_not_ask_for_gzip_gets_none(client, accepted):
    answer = client.post(BATCH, json={}, headers={"Accept-Encoding": accepted})
    assert "content-encoding" not in answer.headers


def test_a_refusal_has_no_tag(client):
    assert "etag" not in client.post(SINGLE, json={"ticker": "NOPE"}).headers


def test_what_one_visitor_was_told_is_not_told_to_another_without_the_key(service):
    client = open_client(
        service, api_key="a-long-secret", host="0.0.0.0", cors_origins=("https://a.example",)
    )
    key = {"X-API-Key": "a-long-secret"}
    for headers in (
        key,
        {"Authorization": "Bearer a-long-secret"},
        {"Authorization": "bearer a-long-secret"},
    ):
        assert client.post(SINGLE, json={"ticker": "ALFA"}, headers=headers).status_code == 200
    for headers in ({}, {"X-API-Key": "x"}, {"Authorization": "Basic a-long-secret"}, {"X-API-Key": b"\xff"}):
        assert client.post(SINGLE, json={"ticker": "ALFA"}, headers=headers).status_code == 401


def test_headers_of_one_visitor_do_not_stay_in_what_is_kept(service):
    origins = ("https://a.example", "https://b.example")
    client = open_client(service, api_key="a-long-secret", cors_origins=origins)
    for origin in (*origins, *origins):
        told = client.post(
            SINGLE, json={"ticker": "ALFA"}, headers={"X-API-Key": "a-long-secret", "Origin": origin}
        )
        assert told.headers.get_list("access-control-allow-origin") == [origin]
        assert told.headers.get_list("x-content-type-options") == ["nosniff"]


def test_kept_answers_are_counted_with_the_others(service):
    client: TestClient = open_client(service)
    for _ in range(4):
        client.post(SINGLE, json={"ticker": "ALFA"})
    line = 'candorcast_requests_total{route="/predictions/single",method="POST",status="200"} 4.0'
    assert line in client.get("/metrics").text
