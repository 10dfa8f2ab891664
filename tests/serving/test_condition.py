"""Whoever watches the server is told whether predictions are answered, and what keeps newer ones away."""

import datetime as dt
import shutil
import threading

import pytest

from ml_core.data.order import place_order
from ml_core.registry.versions import Registry
from serving.condition import STARTING, UNSEEN
from serving.service import Service
from tests.market import NOW
from tests.serving.conftest import open_client


def test_who_answers_as_he_should_is_ready(client):
    told = client.get("/ready")
    assert told.status_code == 200
    assert (told.json()["status"], told.json()["version"], told.json()["why"]) == ("ok", "1", None)


def test_until_somebody_answers_it_is_503_with_the_reason_and_it_recovers_by_itself(own_world):
    service = own_world.service()
    client = open_client(service)
    refused = client.get("/ready")
    assert refused.status_code == 503
    assert "run: candorcast predict small" in refused.json()["error"]
    own_world.register()
    service.look()
    assert client.get("/ready").json()["status"] == "ok"


def test_a_champion_that_is_broken_or_gone_leaves_the_last_good_one_and_is_told(own_world):
    own_world.register()
    service = own_world.service()
    client = open_client(service)
    before = client.post("/predictions/single", json={"ticker": "ALFA"}).json()
    newer = own_world.register()
    shutil.rmtree(newer.folder)
    service.look()
    told = client.get("/ready").json()
    assert (told["status"], told["version"]) == ("degraded", "1")
    assert "a newer state cannot be served" in told["why"]
    assert client.post("/predictions/single", json={"ticker": "ALFA"}).json() == before
    Registry(own_world.home).promote(own_world.name, "1")
    service.look()
    assert client.get("/ready").json()["status"] == "ok"


def test_a_registry_that_cannot_be_read_leaves_the_last_good_one_and_is_told(own_world):
    own_world.register()
    service = own_world.service()
    client = open_client(service)
    assert client.get("/ready").json()["status"] == "ok"
    place = own_world.home.root / "mlflow.db"
    kept = place.read_bytes()
    place.write_bytes(b"no database")
    service.look()
    assert client.get("/ready").json()["status"] == "degraded"
    assert client.post("/predictions/single", json={"ticker": "ALFA"}).status_code == 200
    place.write_bytes(kept)
    service.look()
    assert client.get("/ready").json()["status"] == "ok"


def test_a_look_that_hangs_is_told_after_ten_seconds(world):
    now = NOW
    service = Service(place_order(world.experiment, world.home), clock=lambda: now)
    client = open_client(service)
    assert client.get("/ready").json()["status"] == "ok"
    now = NOW + UNSEEN + dt.timedelta(seconds=2)
    told = client.get("/ready").json()
    assert told["status"] == "degraded"
    assert told["why"] == "the last look at registry and store ended 12 seconds ago"


def test_while_the_first_look_goes_on_nobody_waits_for_it(world, monkeypatch):
    service = world.service()
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go_on.wait(60)
        raise RuntimeError("it was only slow")

    monkeypatch.setattr(service.condition.champion, "_find", slow)
    looking = threading.Thread(target=service.look)
    looking.start()
    try:
        assert begun.wait(60)
        assert service.condition.ready() == STARTING
    finally:
        go_on.set()
        looking.join()


@pytest.mark.parametrize("path", ["/ready", "/metrics", "/models", "/live"])
def test_a_query_that_is_not_known_is_refused(client, path):
    refused = client.get(path, params={"version": "2"})
    assert refused.status_code == 422
    assert refused.json()["error"] == f"unknown query 'version'; {path} takes none"
