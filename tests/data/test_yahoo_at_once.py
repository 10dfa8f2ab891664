"""Several questions at once, one pace, and a budget that is kept: through yfinance's session, on loopback."""

import dataclasses
import datetime as dt
import email.utils
import random
import socket
import time

import polars as pl
import pytest

from ml_core.data.providers import Request, yahoo
from ml_core.data.providers._yahoo_pace import Pace
from tests.data.loopback_yahoo import Listing, LoopbackSession, LoopbackYahoo
from tests.data.test_yahoo import NOW, QUICK, SESSIONS, make_listing, make_rows


def make_request(tickers, cache, session) -> Request:
    return Request(tuple(tickers), {}, "XNYS", SESSIONS[0], None, NOW, cache=cache, session=session)


@pytest.fixture
def silent_session():
    """A host that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as server:
        yield LoopbackSession(f"http://127.0.0.1:{server.getsockname()[1]}")


def test_answers_to_questions_at_once_are_never_mixed(tmp_path):
    chance = random.Random(4)
    rows = {f"T{place:02d}": make_rows(SESSIONS[: 40 + place], base=10.0 + 7 * place) for place in range(60)}
    faults = {name: chance.choice(([], [], ["500"], ["html", "half_json"])) for name in rows}
    listings = {name: Listing(rows[name], faults=list(faults[name])) for name in rows}
    with LoopbackYahoo(listings) as server:
        server.delay = 0.02
        request = make_request(rows, tmp_path, server.session())
        fetched = yahoo.fetch(request, yahoo.Config(**QUICK | {"at_once": 8, "budget": 20, "timeout": 5}))
    assert {how.status for how in fetched.outcomes.values()} == {"ok"}
    for name, expected in rows.items():
        bars = fetched.bars.filter(pl.col("ticker") == name)
        assert bars.select("date", "close", "volume").rows() == [(row[0], row[4], row[6]) for row in expected]


def test_four_are_asked_at_once_and_each_only_once(tmp_path):
    with LoopbackYahoo({f"T{place}": make_listing() for place in range(8)}) as server:
        server.delay = 0.3
        began = time.monotonic()
        yahoo.fetch(make_request(server.listings, tmp_path, server.session()), yahoo.Config(pace=0))
        together = [moment for moment in server.moments if moment - min(server.moments) < 0.3]
    assert len(together) == 4 and time.monotonic() - began < 8 * 0.3
    # yfinance keeps a cookie and a crumb as long as the process lives: an earlier test may have got them already
    assert server.asked["chart"] == 8 and server.asked["cookie"] <= 1 and server.asked["crumb"] <= 1


def test_an_answer_for_another_symbol_is_refused_by_name(tmp_path):
    with LoopbackYahoo({"OLD": make_listing(symbol="NEW"), "A": make_listing()}) as server:
        fetched = yahoo.fetch(make_request(["OLD", "A"], tmp_path, server.session()), yahoo.Config(**QUICK))
    assert fetched.outcomes["OLD"].status == "failed" and "'NEW'" in fetched.outcomes["OLD"].reason
    assert set(fetched.bars["ticker"]) == {"A"}


def test_an_action_of_a_day_without_a_bar_stands_on_the_next_bar(tmp_path):
    saturday, following = dt.date(2024, 3, 2), dt.date(2024, 3, 4)
    behind = SESSIONS[-1]
    listing = Listing(make_rows(SESSIONS[:-1]), dividends={saturday: 0.5, behind: 0.7})
    listing.rows.append((behind, None, None, None, None, None, None))
    with LoopbackYahoo({"A": listing}) as server:
        fetched = yahoo.fetch(make_request(["A"], tmp_path, server.session()), yahoo.Config(**QUICK))
    paid = fetched.bars.filter(pl.col("dividend") > 0)
    assert paid.select("date", "dividend").rows() == [(following, 0.5), (behind, 0.7)]


@pytest.mark.parametrize(("fault", "written"), [("429", "seconds"), ("503", "date")])
def test_the_pause_that_a_refusal_names_is_kept(tmp_path, fault, written):
    with LoopbackYahoo({"A": make_listing(faults=[fault])}) as server:
        later = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=3)
        server.retry_after = "1" if written == "seconds" else email.utils.format_datetime(later, usegmt=True)
        config = yahoo.Config(**QUICK | {"budget": 10})
        fetched = yahoo.fetch(make_request(["A"], tmp_path, server.session()), config)
        gaps = [late - early for early, late in zip(server.moments, server.moments[1:], strict=False)]
    assert fetched.outcomes["A"].status == "ok"
    assert gaps and min(gaps) > 0.9


@pytest.mark.parametrize("pause", ["3600", "86401", "864000", "1e400"])
def test_a_pause_beyond_the_budget_ends_the_asking_for_every_process_of_the_home(tmp_path, pause):
    listings = {f"T{place}": make_listing(faults=["429"], for_ever=True) for place in range(20)}
    with LoopbackYahoo(listings) as server:
        server.retry_after = pause
        config = yahoo.Config(**QUICK)
        fetched = yahoo.fetch(make_request(listings, tmp_path, server.session()), config)
        assert {how.status for how in fetched.outcomes.values()} == {"rate_limited"}
        assert "beyond the budget of 1 s" in fetched.outcomes["T19"].reason
        asked = server.asked["chart"]
        assert asked <= 4
        yahoo.fetch(make_request(listings, tmp_path, server.session()), config)
        assert server.asked["chart"] == asked
        yahoo.fetch(make_request(listings, tmp_path / "another", server.session()), config)
        assert server.asked["chart"] > asked


def test_the_slots_of_two_processes_follow_each_other(tmp_path):
    one, other = Pace(tmp_path / "pace", 10.0), Pace(tmp_path / "pace", 10.0)
    waits = [pace.book()[0] for pace in (one, other, other, one)]
    assert waits == pytest.approx([0, 10, 20, 30], abs=1)
    other.hold_off(100)
    assert one.book() == (pytest.approx(100, abs=1), True)
    (tmp_path / "pace").write_text("cut sho")
    assert one.book()[0] == 0


def test_a_silent_host_is_given_up(tmp_path, silent_session):
    tickers = [f"T{place}" for place in range(50)]
    config = yahoo.Config(**QUICK | {"budget": 60, "timeout": 0.4, "tries": 2})
    began = time.monotonic()
    fetched = yahoo.fetch(make_request(tickers, tmp_path, silent_session), config)
    assert time.monotonic() - began < 15
    assert {how.status for how in fetched.outcomes.values()} == {"failed"}
    assert fetched.outcomes["T0"].reason == "no answer from Yahoo in time"
    assert fetched.outcomes["T49"].reason == "not asked: no answer from Yahoo in time"


def test_time_outs_count_against_the_budget(tmp_path, silent_session):
    tickers = [f"T{place}" for place in range(50)]
    config = yahoo.Config(**QUICK | {"budget": 1.5, "timeout": 20, "give_up_after": 1000, "tries": 9})
    began = time.monotonic()
    fetched = yahoo.fetch(make_request(tickers, tmp_path, silent_session), config)
    assert time.monotonic() - began < 10
    assert {how.status for how in fetched.outcomes.values()} == {"failed"}
    assert "budget" in fetched.outcomes["T49"].reason


def test_a_stream_that_is_closed_ends_in_seconds_and_leaves_the_way_free(tmp_path):
    with LoopbackYahoo({"A": make_listing(), "B": make_listing()}) as server:
        stream = yahoo.stream(
            make_request(["A", "B", "C"], tmp_path, server.session()),
            yahoo.Config(pace=0, wait=30, at_once=1),
        )
        server.listings["C"] = dataclasses.replace(make_listing(), faults=["500"], for_ever=True)
        assert next(stream).outcomes["A"].status == "ok"
        began = time.monotonic()
        stream.close()
        assert time.monotonic() - began < 5
        again = yahoo.fetch(make_request(["B"], tmp_path, server.session()), yahoo.Config(pace=0))
        assert again.outcomes["B"].status == "ok"
