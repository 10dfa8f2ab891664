"""A ticker outside the universe is fetched, checked and forecast for whoever may start runs, and harms nobody else."""

import json
import re

import pytest

from ml_core.home.lock import hold
from ml_core.home.settings import Settings
from serving.door.access import Access
from serving.ui._fetching import Fetching
from tests.data.loopback_yahoo import Listing
from tests.serving.conftest import open_client
from tests.serving.listed import BEHIND, LISTED, NEW, open_listed

KEYS = ("reader:read:reading-only-000", "runner:run:running-also-000")


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    with open_listed(tmp_path_factory.mktemp("listed") / "home") as world:
        yield world


@pytest.fixture
def service(listed):
    return listed.service()


@pytest.fixture
def client(service):
    return open_client(service)


def ask(client, ticker: str, **headers):
    return client.post("/tickers", json={"ticker": ticker}, headers=headers)


def test_a_ticker_that_nobody_asked_for_is_fetched_and_then_forecast_and_nothing_of_others_moves(
    listed, service, client
):
    store, before = service.order.store, service.single("ALFA")
    spans, answers = store.bars.spans(LISTED), store.answers.read().filter(ticker="ALFA")
    refused = client.post("/predictions/single", json={"ticker": "tsla"})
    assert refused.status_code == 404
    assert "no bars stored for 'tsla'" in refused.json()["error"]
    assert "POST /tickers" in refused.json()["error"]
    told = ask(client, "tsla").json()
    assert (told["ticker"], told["fetched"], told["last"]) == (NEW, True, f"{before.as_of}")
    answer = client.post("/predictions/single", json={"ticker": "tsla"}).json()
    assert (answer["ticker"], answer["as_of"]) == (NEW, f"{before.as_of}")
    after = service.single("ALFA")
    assert after.data_version > before.data_version
    assert after.forecasts == before.forecasts
    assert store.bars.spans(LISTED) == spans
    assert store.answers.read().filter(ticker="ALFA").equals(answers)
    asked = listed.yahoo.asked[NEW]
    assert ask(client, NEW).json() == {**told, "fetched": False}
    assert listed.yahoo.asked[NEW] == asked, "its newest session is stored"


def test_a_ticker_of_the_universe_is_not_fetched(listed, client):
    asked = listed.yahoo.asked["chart"]
    assert ask(client, "alfa").json()["fetched"] is False
    assert listed.yahoo.asked["chart"] == asked


def test_a_ticker_that_its_source_does_not_know_is_refused_in_one_line_and_not_asked_again(listed, client):
    asked = set()
    for _ in range(3):
        answer = ask(client, "NOPE")
        assert answer.status_code == 404
        assert answer.json()["error"].startswith("no bar could be stored; NOPE: ")
        asked.add(listed.yahoo.asked["NOPE"])
    assert len(asked) == 1


def test_a_ticker_whose_bars_end_early_is_stored_and_not_asked_for_again(listed, client):
    asked = set()
    for fetched in (True, False):
        told = ask(client, BEHIND).json()
        assert told["fetched"] is fetched
        assert told["bars"] > 100
        asked.add(listed.yahoo.asked[BEHIND])
    assert len(asked) == 1
    assert client.post("/predictions/single", json={"ticker": BEHIND}).status_code == 422


def test_bars_that_contradict_themselves_are_refused_as_in_every_refresh(listed, client):
    rows = [(*row[:2], row[3], row[2], *row[4:]) for row in listed.yahoo.listings["ALFA"].rows]
    listed.yahoo.listings["UPSD"] = Listing(rows)
    answer = ask(client, "UPSD")
    assert answer.status_code == 503
    assert re.search("UPSD: .*high", answer.json()["error"])
    assert "UPSD" not in listed.service().order.store.bars.spans()


def test_a_source_that_is_down_is_told_and_the_others_are_answered(listed, client):
    listed.yahoo.listings["DOWN"] = Listing([], faults=["503"], for_ever=True)
    answer = ask(client, "DOWN")
    assert answer.status_code == 503
    assert answer.json()["error"].startswith("no bar could be stored; DOWN: ")
    assert client.post("/predictions/single", json={"ticker": "ALFA"}).is_success


def test_a_refresh_that_is_running_is_told_and_what_waited_for_it_can_be_asked_for_again(
    listed, service, client
):
    listed.yahoo.listings["LATE"] = listed.yahoo.listings[NEW]
    with hold(listed.home, service.order.lock_name("refresh")):
        answer = ask(client, "LATE")
    assert answer.status_code == 409
    assert "LATE waits: refresh-small.yahoo is running already" in answer.json()["error"]
    assert ask(client, "LATE").json()["fetched"] is True


def test_only_so_many_are_fetched_within_an_hour(client, listed, monkeypatch):
    monkeypatch.setattr("serving.strangers.AN_HOUR", 2)
    assert [ask(client, f"NO{place}").status_code for place in range(2)] == [404, 404]
    answer = ask(client, "ONEMORE")
    assert answer.status_code == 409
    assert "2 tickers were fetched within an hour" in answer.json()["error"]
    assert listed.yahoo.asked["ONEMORE"] == 0


def test_who_may_only_read_makes_nobody_fetch(listed, service):
    guarded = open_client(service, api_keys=KEYS, host="0.0.0.0", rate_limit=0)
    answer = ask(guarded, "MINE", **{"X-API-Key": "reading-only-000"})
    assert answer.status_code == 403
    assert "has the scope read; to start and cancel runs, fetch tickers" in answer.json()["error"]
    assert listed.yahoo.asked["MINE"] == 0


@pytest.mark.parametrize("ticker", ["", "A B", "../x", "x" * 40, None])
def test_what_is_no_ticker_is_refused_before_anybody_is_asked(client, ticker):
    assert client.post("/tickers", json={"ticker": ticker}).status_code == 422


def test_a_joint_model_knows_no_strangers(listed, tmp_path):
    answer = ask(open_client(listed.joint(tmp_path / "home").service()), "JOIN")
    assert answer.status_code == 404
    assert "none of the tickers that this joint model knows" in answer.json()["error"]
    assert listed.yahoo.asked["JOIN"] == 0


def test_a_source_that_has_only_its_own_tickers_says_so(world):
    answer = ask(open_client(world.service()), NEW)
    assert answer.status_code == 404
    assert "the source simulated cannot be asked for a ticker by its name" in answer.json()["error"]


class Asking:
    """What Gradio tells of who asks."""

    def __init__(self, username: str | None = None) -> None:
        self.username = username


CONTROLS = (3, 120, None, "", True)  # horizon, days, date, seat, earlier forecasts


def test_on_the_page_a_visitor_sees_at_once_that_it_is_fetched_and_then_its_forecast(listed, service):
    listed.yahoo.listings["PAGE"] = listed.yahoo.listings[NEW]
    page = Fetching(service, Access(Settings()))
    notice, *rest, missing = page.redraw("page", *CONTROLS, None, Asking())
    assert missing == "PAGE"
    assert "PAGE is being fetched from yahoo and checked" in notice["value"]
    assert not any(part["visible"] for part in rest)
    assert listed.yahoo.asked["PAGE"] == 0
    brought, missing = page.bring(missing, Asking())
    assert missing == ""
    *_, chart, table, missing = page.redraw("page", *CONTROLS, brought, Asking())
    assert missing == ""
    assert json.loads(chart["value"])["ticker"] == "PAGE"
    assert table["visible"]


def test_on_the_page_it_is_said_why_a_ticker_could_not_be_fetched(service):
    page = Fetching(service, Access(Settings()))
    *_, missing = page.redraw("nada", *CONTROLS, None, Asking())
    brought, _ = page.bring(missing, Asking())
    notice, *_, missing = page.redraw("nada", *CONTROLS, brought, Asking())
    assert missing == ""
    assert "no bar could be stored; NADA: " in notice["value"]


def test_on_the_page_who_may_only_read_is_told_so_and_fetches_nothing(listed, service):
    page = Fetching(service, Access(Settings(api_keys=KEYS)))
    notice, *_, missing = page.redraw("them", *CONTROLS, None, Asking("reader"))
    assert missing == ""
    assert "The newest bars of THEM are not stored: the key of reader has the scope read" in notice["value"]
    brought, _ = page.bring("THEM", Asking("reader"))
    assert "takes one with the scope run" in brought[1]
    assert listed.yahoo.asked["THEM"] == 0
