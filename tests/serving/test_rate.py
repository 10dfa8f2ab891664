"""One visitor cannot take the API from the others: so many questions a minute, and when to come again."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ml_core.errors import InvalidInput
from ml_core.home.settings import Settings
from serving.door.rate import Rate
from tests.serving.conftest import open_client

OPEN = {"api_key": "a-long-secret", "host": "0.0.0.0"}
KEY = {"X-API-Key": "a-long-secret"}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limited(clock) -> Rate:
    app = FastAPI()

    @app.get("/info")
    def info() -> str:
        return "told"

    @app.get("/health")
    def health() -> str:
        return "well"

    return Rate(app, 60, clock)


def visit(limited: Rate, visitor: str = "10.0.0.1") -> TestClient:
    return TestClient(limited, client=(visitor, 5000))


def test_a_sixth_of_a_minutes_questions_may_come_at_once_and_the_rest_evenly(limited, clock):
    visitor = visit(limited)
    assert [visitor.get("/info").status_code for _ in range(12)] == [200] * 10 + [429] * 2
    clock.now += 3.0
    assert [visitor.get("/info").status_code for _ in range(4)] == [200] * 3 + [429]
    answered = 0
    for _ in range(600):  # ten minutes of asking once a second
        clock.now += 1.0
        answered += visitor.get("/info").status_code == 200
    assert 595 <= answered <= 600


def test_a_refusal_says_when_to_come_again_and_then_it_is_answered(limited, clock):
    visitor = visit(limited)
    while (refused := visitor.get("/info")).status_code == 200:
        pass
    wait = int(refused.headers["retry-after"])
    assert refused.json() == {"error": f"more than 60 requests a minute; ask again in {wait} s"}
    clock.now += wait
    assert visitor.get("/info").status_code == 200


def test_visitors_do_not_share_and_health_is_always_told(limited):
    first, second = visit(limited), visit(limited, "10.0.0.2")
    while first.get("/info").status_code == 200:
        pass
    assert second.get("/info").status_code == 200
    assert {first.get("/health").status_code for _ in range(30)} == {200}


def test_however_many_visitors_come_no_more_than_so_many_are_remembered(limited, monkeypatch):
    monkeypatch.setattr("serving.door.rate.REMEMBERED", 50)
    for number in range(200):
        visit(limited, f"10.0.1.{number}").get("/info")
    assert len(limited._left) == 50


def test_wrong_keys_are_counted_too(service):
    client = open_client(service, **OPEN, rate_limit=60)
    statuses = [
        client.get("/info", headers={"X-API-Key": f"guess {number}"}).status_code for number in range(15)
    ]
    assert statuses[:10] == [401] * 10
    assert 429 in statuses[10:]


def test_on_loopback_nobody_is_counted_unless_that_is_asked_for(service):
    free, asked = open_client(service), open_client(service, rate_limit=60)
    assert {free.get("/info").status_code for _ in range(130)} == {200}
    assert 429 in {asked.get("/info").status_code for _ in range(15)}


def test_where_others_reach_it_it_is_on_and_can_be_taken_off(service):
    open_to_all, without = open_client(service, **OPEN), open_client(service, **OPEN, rate_limit=0)
    assert 429 in {open_to_all.get("/info", headers=KEY).status_code for _ in range(130)}
    assert {without.get("/info", headers=KEY).status_code for _ in range(130)} == {200}


@pytest.mark.parametrize("given", ["-1", "many"])
def test_a_limit_that_is_no_number_is_refused_by_name(monkeypatch, given):
    monkeypatch.setenv("CANDORCAST_RATE_LIMIT", given)
    with pytest.raises(InvalidInput, match="CANDORCAST_RATE_LIMIT"):
        Settings()
