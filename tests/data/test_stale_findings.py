"""What a refresh found before and does not find any more, and what the user accepts where nothing was found."""

import datetime as dt
from dataclasses import replace

import pytest

from cli.commands.refresh import tell_problems
from ml_core.data.overview import read_overview
from ml_core.data.prices import read_prices
from ml_core.errors import InvalidData
from tests.data.loopback_yahoo import Listing
from tests.data.refreshing import grow, make_experiment, one_swapped, run, stored, swapped
from tests.data.test_yahoo import SESSIONS, make_rows

LAST = 50  # a session that the next refresh asks for once more, of BBB: AAA is in turn to be asked for whole


def found_of(home) -> list[tuple]:
    return stored(home).findings.read().select("ticker", "date", "verdict").rows()


def in_cents(place: int) -> Listing:
    """One bar a hundred times too high, on the volume of every day: its unit is put right."""
    rows = make_rows(SESSIONS[:60])
    day = rows[place]
    rows[place] = (day[0], *(value * 100 for value in day[1:6]), day[6])
    return Listing(rows)


@pytest.mark.parametrize(("spoiled", "verdict"), [(one_swapped, "quarantine"), (in_cents, "repair")])
def test_a_bar_that_comes_corrected_has_no_finding_any_more(market, home, spoiled, verdict):
    market.listings["BBB"] = spoiled(LAST)
    run(market, home, until=60)
    assert ("BBB", SESSIONS[LAST], verdict) in found_of(home)
    grow(market, "BBB", 61)
    grow(market, "AAA", 61)
    run(market, home, until=61)
    assert found_of(home) == []
    overview = read_overview(make_experiment(["AAA", "BBB"]), home)
    assert overview.quarantine.is_empty() and overview.repairs.is_empty()
    assert read_prices(make_experiment(["BBB"]), home)["close"].len() == 61


def test_a_bar_that_comes_as_it_was_keeps_its_finding_and_the_day_when_it_was_first_seen(market, home):
    market.listings["BBB"] = one_swapped(LAST)
    run(market, home, until=60)
    before = stored(home).findings.read()
    rows = make_rows(SESSIONS[:61])
    market.listings["BBB"] = Listing([*rows[:LAST], *swapped(rows[LAST : LAST + 1]), *rows[LAST + 1 :]])
    grow(market, "AAA", 61)
    run(market, home, until=61)
    assert before.height and stored(home).findings.read().equals(before)


def test_what_was_found_on_a_day_that_did_not_come_again_stays(market, home):
    market.listings["BBB"] = one_swapped(20)
    run(market, home, until=60)
    grow(market, "BBB", 61)
    grow(market, "AAA", 61)
    run(market, home, until=61)
    assert found_of(home) == [("BBB", SESSIONS[20], "quarantine")]


def test_what_was_found_of_a_stored_bar_stays_where_a_bad_answer_takes_nothing_away(market, home):
    market.listings["BBB"] = in_cents(LAST)
    run(market, home, until=60)
    rows = make_rows(SESSIONS[:61])
    market.listings["BBB"] = Listing([*rows[:LAST], *swapped(rows[LAST : LAST + 1]), *rows[LAST + 1 :]])
    grow(market, "AAA", 61)
    run(market, home, until=61)
    assert sorted(found_of(home)) == [
        ("BBB", SESSIONS[LAST], "quarantine"),
        ("BBB", SESSIONS[LAST], "repair"),
    ]


def test_a_refresh_that_is_refused_forgets_no_finding(market, home):
    market.listings["BBB"] = in_cents(LAST)
    run(market, home, until=60)
    grow(market, "AAA", 61)
    rows = make_rows(SESSIONS[:61])
    market.listings["BBB"] = Listing([*rows[:53], *swapped(rows[53:57]), *rows[57:]])
    with pytest.raises(InvalidData, match="quarantined"):
        run(market, home, until=61, quality={"limit": 0.01})
    assert ("BBB", SESSIONS[LAST], "repair") in found_of(home)


def accept(market, home, *entries: str):
    return run(market, home, until=60, quality={"accept": list(entries)})


def idle(entry: str) -> str:
    return f"data.quality.accept '{entry}': nothing was found there, so it keeps nothing"


@pytest.mark.parametrize("what", ["{day}", "{day}..{day}", "stale"])
def test_what_is_accepted_where_nothing_was_found_is_said_once_by_name(market, home, what):
    entry = f"AAA {what.format(day=SESSIONS[30])}"
    run(market, home, until=60)
    done = accept(market, home, entry)
    assert done.notes == (idle(entry),) and not done.partial
    assert tell_problems(replace(done))[0] == idle(entry)
    assert not accept(market, home, entry).notes
    assert set(stored(home).answers.read()["status"]) == {"ok"}


@pytest.mark.parametrize("what", ["{day}", "high_below_low"])
def test_what_is_accepted_and_was_found_is_not_said(market, home, what):
    market.listings["AAA"] = one_swapped(30)
    assert not accept(market, home, f"AAA {what.format(day=SESSIONS[30])}").notes


def test_a_day_that_is_accepted_in_vain_for_its_bar_stays_refused_is_told_as_refused_alone(market, home):
    rows = make_rows(SESSIONS[:60])
    rows[30] = (*rows[30][:4], -1.0, *rows[30][5:])
    market.listings["AAA"] = Listing(rows)
    done = accept(market, home, f"AAA {SESSIONS[30]}")
    assert not done.notes and list(done.refused) == [f"AAA {SESSIONS[30]}"]


SATURDAY = SESSIONS[0] + dt.timedelta(days=4)


@pytest.mark.parametrize(
    ("kind", "entry", "does"),
    [
        ("refuse", f"AAA {SATURDAY}", "refuses"),
        ("refuse", f"AAA {SATURDAY}..{SATURDAY + dt.timedelta(days=1)}", "refuses"),
        ("split", f"AAA {SATURDAY} 2", "splits"),
    ],
)
def test_what_is_said_of_a_day_without_a_bar_is_said_once_by_name(market, home, kind, entry, does):
    for notes in ((f"data.quality.{kind} '{entry}': no bar is there, so it {does} nothing",), ()):
        done = run(market, home, until=60, quality={kind: [entry]})
        assert done.notes == notes and not done.partial
        assert stored(home).bars.spans()["AAA"][2] == 60


@pytest.mark.parametrize(
    ("kind", "entry", "skipped"),
    [
        ("refuse", f"AAA {SESSIONS[30]}", ()),
        ("refuse", f"AAA {SATURDAY}..{SESSIONS[4]}", ()),
        ("split", f"AAA {SESSIONS[30]} 2", ()),
        ("refuse", f"AAA {SESSIONS[30]}", ("refused_by_you",)),
        ("split", f"AAA {SESSIONS[30]} 2", ("split_by_you",)),
    ],
)
def test_what_is_said_of_a_bar_that_came_is_not_told_as_idle(market, home, kind, entry, skipped):
    quality = {kind: [entry], "skip": skipped}
    assert not [note for note in run(market, home, until=60, quality=quality).notes if "no bar" in note]
