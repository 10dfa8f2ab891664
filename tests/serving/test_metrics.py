"""Prometheus finds what the server did and how old what it serves is."""

import datetime as dt
import re
import shutil

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ml_core.data.prices import read_prices
from tests.serving.conftest import open_client


def scrape(client) -> dict[tuple, float]:
    """Every sample by its name and labels, as a scraper that Prometheus wrote reads them."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(found: dict[tuple, float], name: str, **labels: str) -> float:
    return found[name, *sorted(labels.items())]


@pytest.fixture
def client(service):
    """With counters of its own."""
    return open_client(service)


def test_requests_are_counted_by_route_method_and_status(client):
    for _ in range(3):
        client.post("/predictions/single", json={"ticker": "ALFA"})
    client.post("/predictions/single", json={"ticker": "NOPE"})
    client.get("/models/1")
    found = scrape(client)
    single = {"route": "/predictions/single", "method": "POST"}
    assert value(found, "candorcast_requests_total", **single, status="200") == 3
    assert value(found, "candorcast_requests_total", **single, status="404") == 1
    one = {"route": "/models/{version}", "method": "GET", "status": "200"}
    assert value(found, "candorcast_requests_total", **one) == 1


def test_what_visitors_make_up_gets_no_name_of_its_own(client):
    for number in range(20):
        client.get(f"/nowhere/{number}")
    client.get("/ui/theme.css")
    routes = {dict(key[1:])["route"] for key in scrape(client) if key[0] == "candorcast_requests_total"}
    assert routes == {"other", "/ui"}


def test_latencies_are_a_histogram_that_adds_up(client):
    for _ in range(5):
        client.get("/health")
    found = scrape(client)
    buckets = {
        dict(key[1:])["le"]: count
        for key, count in found.items()
        if key[0] == "candorcast_request_seconds_bucket" and dict(key[1:])["route"] == "/health"
    }
    assert list(buckets.values()) == sorted(buckets.values())
    assert buckets["+Inf"] == value(found, "candorcast_request_seconds_count", route="/health") == 5
    assert value(found, "candorcast_request_seconds_sum", route="/health") > 0


def test_data_and_model_have_their_ages_and_what_is_proven_is_named(client, world):
    client.get("/health")
    found = scrape(client)
    last = read_prices(world.experiment, world.home)["date"].max()
    midnight = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), dt.UTC)
    assert value(found, "candorcast_data_age_seconds", experiment="small") == 0, (
        "a simulated market is at its end"
    )
    unseen = world.registry.find(world.name).evidence.unseen
    learned = dt.datetime.combine(unseen, dt.time(), dt.UTC)
    assert (
        value(found, "candorcast_model_age_seconds", experiment="small")
        == (midnight - learned).total_seconds()
    )
    told = {
        (dict(key[1:])["claim"], int(dict(key[1:])["horizon"]))
        for key in found
        if key[0] == "candorcast_claim_proven"
    }
    assert told == {(one.claim, one.horizon) for one in world.evidence.claims if one.standing == "proven"}


def test_swaps_and_failed_looks_are_counted(own_world):
    client = open_client(service := own_world.service())
    found = scrape(client)
    assert value(found, "candorcast_ready", experiment="small") == 0
    assert ("candorcast_data_age_seconds", ("experiment", "small")) not in found
    own_world.register()
    service.look()
    own_world.register()
    service.look()
    shutil.rmtree(own_world.register().folder)
    service.look()
    found = scrape(client)
    assert value(found, "candorcast_swaps_total", experiment="small") == 1
    assert value(found, "candorcast_failed_looks_total", experiment="small") >= 1
    assert (
        value(found, "candorcast_ready", experiment="small"),
        value(found, "candorcast_degraded", experiment="small"),
    ) == (1, 1)


def test_every_metric_says_what_it_is(client):
    text = client.get("/metrics").text
    names = set(re.findall(r"^# TYPE (\w+) ", text, flags=re.MULTILINE))
    assert names == set(re.findall(r"^# HELP (\w+) .+", text, flags=re.MULTILINE))
    assert len(names) >= 9


def test_figures_are_behind_the_key(service):
    guarded = open_client(service, api_key="a-long-secret", host="0.0.0.0")
    assert guarded.get("/metrics").status_code == 401
    assert guarded.get("/metrics", headers={"X-API-Key": "a-long-secret"}).status_code == 200
    assert guarded.get("/ready").status_code == 200
