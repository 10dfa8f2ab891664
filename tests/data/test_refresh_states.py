"""What a refresh knows of tickers over the days: ended ones, whole ones in turn, newest bars that were refused."""

import datetime as dt
from dataclasses import replace

import pytest

from cli.commands.refresh import tell_problems
from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import read_prices
from ml_core.errors import InvalidInput
from tests.data.loopback_yahoo import Listing
from tests.data.refreshing import after, grow, make_experiment, one_swapped, run, stored, swapped
from tests.data.test_yahoo import PATIENT, SESSIONS, make_rows

ALL = ("AAA", "BBB", "CCC", "DDD")


def status_of(home, ticker: str) -> str:
    return stored(home).answers.read().filter(ticker=ticker)["status"].item()


def serve(market, until: int, tickers=ALL) -> None:
    for ticker in tickers:
        grow(market, ticker, until)


@pytest.fixture
def ended(market, home):
    """Four tickers; the second is known no more from the 61st session on; asked on three days, weeks later."""
    serve(market, 60)
    run(market, home, until=60, tickers=ALL)
    grow(market, "BBB", 60, faults=["404"], for_ever=True)
    results = []
    for until in (77, 78, 79):
        serve(market, until, ("AAA", "CCC", "DDD"))
        results.append(run(market, home, until=until, tickers=ALL))
    return results


def test_a_ticker_that_is_gone_for_three_days_has_ended_and_that_is_no_failure(home, ended):
    assert [done.partial for done in ended] == [True, True, False]
    assert [done.outcomes["BBB"].status for done in ended] == ["unknown", "unknown", "ended"]
    assert any(f"BBB: ended: no bar since {SESSIONS[59]}" in note for note in ended[-1].notes)
    assert status_of(home, "BBB") == "ended"


def test_an_ended_ticker_is_told_once_and_asked_again_after_a_month(market, home, ended):
    assert ended[-1].outcomes["BBB"].status == "ended"
    market.ranges.clear()
    serve(market, 80, ("AAA", "CCC", "DDD"))
    done = run(market, home, until=80, tickers=ALL)
    assert "BBB" not in market.ranges and not done.partial and not done.notes
    serve(market, 110)
    done = run(market, home, until=110, tickers=ALL)
    assert "BBB" in market.ranges and done.outcomes["BBB"].status == "ok"
    assert stored(home).bars.spans()["BBB"][1] == SESSIONS[109]


@pytest.mark.parametrize(
    "wanted",
    [
        {"quality": {"accept": [f"BBB {SESSIONS[30]}"]}},
        {"quality": {"refuse": [f"BBB {SESSIONS[30]}"]}},
        {"quality": {"split": [f"BBB {SESSIONS[30]} 2"]}},
        {"start": SESSIONS[0] - dt.timedelta(days=30)},
    ],
    ids=["accept", "refuse", "split", "an earlier start"],
)
def test_what_is_wanted_anew_of_an_ended_ticker_is_asked_once_and_it_stays_ended(market, home, ended, wanted):
    assert ended[-1].outcomes["BBB"].status == "ended"
    serve(market, 79, ("AAA", "CCC", "DDD"))
    grow(market, "BBB", 60)
    market.ranges.clear()
    done = run(market, home, until=79, tickers=ALL, **wanted)
    assert "BBB" in market.ranges and done.outcomes["BBB"].status == "ended"
    held = stored(home).bars.read(("BBB",))["date"]
    assert (SESSIONS[30] in held) is ("refuse" not in wanted.get("quality", {}))
    market.ranges.clear()
    assert not run(market, home, until=79, tickers=ALL, **wanted).notes and "BBB" not in market.ranges


@pytest.mark.parametrize("others", [(), ("BBB",)], ids=["alone", "one of two"])
def test_a_ticker_whose_last_bar_is_days_old_has_not_ended_whatever_its_source_says(market, home, others):
    tickers = ("AAA", *others)
    run(market, home, until=60, tickers=tickers)
    grow(market, "AAA", 60, faults=["404"], for_ever=True)
    for until in range(61, 67):
        serve(market, until, others)
        if others:
            assert run(market, home, until=until, tickers=tickers).partial
        else:
            with pytest.raises(InvalidInput, match="AAA"):
                run(market, home, until=until, tickers=tickers)
        assert status_of(home, "AAA") == "unknown"
    serve(market, 67, tickers)
    assert run(market, home, until=67, tickers=tickers).outcomes["AAA"].status == "ok"


def test_a_ticker_that_is_alone_ends_once_its_last_bar_is_old(market, home):
    run(market, home, until=60, tickers=("AAA",))
    grow(market, "AAA", 60, faults=["404"], for_ever=True)
    for until in (77, 78):
        with pytest.raises(InvalidInput, match="AAA"):
            run(market, home, until=until, tickers=("AAA",))
    assert run(market, home, until=79, tickers=("AAA",)).outcomes["AAA"].status == "ended"


def test_the_same_day_counts_once(market, home):
    serve(market, 60)
    run(market, home, until=60, tickers=ALL)
    serve(market, 77)
    grow(market, "BBB", 60, faults=["404"], for_ever=True)
    for _ in range(4):
        run(market, home, until=77, tickers=ALL)
    assert status_of(home, "BBB") == "unknown"


def test_a_source_that_knows_nobody_any_more_ends_no_ticker(market, home):
    serve(market, 60)
    run(market, home, until=60, tickers=ALL)
    for until in (77, 78, 79, 80):
        for ticker in ALL[1:]:
            grow(market, ticker, 60, faults=["404"], for_ever=True)
        grow(market, "AAA", until)
        assert run(market, home, until=until, tickers=ALL).partial
    assert {status_of(home, ticker) for ticker in ALL[1:]} == {"unknown"}


def test_one_ticker_a_day_is_asked_for_whole_in_turn(market, home):
    serve(market, 60)
    run(market, home, until=60, tickers=ALL)
    turns = []
    for until in (61, 62, 63, 64, 65):
        serve(market, until)
        market.ranges.clear()
        run(market, home, until=until, tickers=ALL)
        run(market, home, until=until, tickers=ALL)
        turns.append([t for t in ALL if market.ranges[t][0][0] < SESSIONS[0]])
    assert turns == [["AAA"], ["BBB"], ["CCC"], ["DDD"], ["AAA"]]


def test_the_turns_can_be_left_out(market, home):
    calm = {"yahoo": PATIENT | {"rotate": False}}
    serve(market, 60)
    run(market, home, until=60, tickers=ALL, **calm)
    serve(market, 61)
    market.ranges.clear()
    run(market, home, until=61, tickers=ALL, **calm)
    assert all(asked[0][0] > SESSIONS[0] for asked in market.ranges.values())


def correct(market, ticker: str, place: int, until: int) -> None:
    rows = make_rows(SESSIONS[:until])
    rows[place] = (*rows[place][:4], rows[place][4] + 0.3, *rows[place][5:])
    market.listings[ticker] = Listing(rows)


def test_an_old_correction_is_seen_when_all_is_asked_whole_and_the_older_version_stays(market, home):
    first = run(market, home, until=60)
    correct(market, "AAA", 10, 60)
    assert run(market, home, until=60).version == first.version
    experiment = make_experiment(["AAA", "BBB"])
    old = read_prices(experiment, home)
    done = refresh(experiment, home, now=after(SESSIONS[59]), session=market.session(), whole=())
    assert done.notes == (f"AAA: fetched whole, 1 bar differs since {SESSIONS[10]}: 1 changed",)
    assert done.updated == 1 and done.version == (first.version or 0) + 1
    assert read_prices(experiment, home, version=first.version).equals(old)
    again = refresh(experiment, home, now=after(SESSIONS[59]), session=market.session(), whole=())
    assert again.version == done.version and not again.notes


def test_only_the_tickers_that_are_named_are_asked_whole(market, home):
    run(market, home, until=60)
    market.ranges.clear()
    experiment = make_experiment(["AAA", "BBB"])
    refresh(experiment, home, now=after(SESSIONS[59]), session=market.session(), whole=("BBB",))
    assert list(market.ranges) == ["BBB"]
    with pytest.raises(InvalidInput, match="--whole CCC: no ticker of this experiment"):
        refresh(experiment, home, now=after(SESSIONS[59]), session=market.session(), whole=("CCC",))


def test_a_bar_that_came_no_more_goes_but_an_answer_cut_short_takes_nothing_away(market, home):
    run(market, home, until=60)
    experiment = make_experiment(["AAA", "BBB"])
    rows = make_rows(SESSIONS[:60])
    market.listings["AAA"] = Listing([*rows[:20], *rows[21:]])
    market.listings["BBB"] = Listing([*rows[:20], *rows[40:]])
    done = refresh(experiment, home, now=after(SESSIONS[59]), session=market.session(), whole=())
    assert done.notes == (f"AAA: fetched whole, 1 bar differs since {SESSIONS[20]}: 1 no longer there",)
    held = stored(home).bars.spans()
    assert (held["AAA"][2], held["BBB"][2]) == (59, 60)


def test_a_ticker_whose_newest_bar_is_refused_is_named_with_the_reason_and_counts(market, home):
    serve(market, 60)
    run(market, home, until=60, tickers=ALL)
    serve(market, 61)
    rows = make_rows(SESSIONS[:61])
    market.listings["BBB"] = Listing([*rows[:-1], *swapped(rows[-1:])])
    done = run(market, home, until=61, tickers=ALL)
    assert done.partial and list(done.held_back) == ["BBB"]
    assert done.held_back["BBB"].startswith(
        f"the bar of {SESSIONS[60]} was refused: The high is below the low"
    )
    assert done.held_back["BBB"].endswith(
        f'; to keep what came: data.quality.accept = ["BBB {SESSIONS[60]}"]'
    )
    assert not done.refused
    assert any(line.startswith("BBB: the bar of") for line in tell_problems(done))
    assert run(market, home, until=61, tickers=ALL).partial
    grow(market, "BBB", 61)
    assert not run(market, home, until=61, tickers=ALL).partial


def test_of_many_jumps_ten_are_told_and_the_rest_counted_with_what_to_do(market, home):
    done = run(market, home, until=60)
    jumps = tuple(f"AAA 2024-01-{day:02d}: a fall that nothing explains" for day in range(1, 14))
    lines = tell_problems(replace(done, jumps=jumps))
    assert len(lines) == 12 and lines[10] == "and 3 more such jumps; --json names all"
    assert 'data.quality.refuse = ["TICKER DATE"]' in lines[11] and "data.quality.split" in lines[11]


def test_a_newest_bar_that_nobody_can_accept_is_told_without_that_advice(market, home):
    run(market, home, until=60)
    rows = make_rows(SESSIONS[:61])
    rows[60] = (rows[60][0], *rows[60][1:4], -1.0, *rows[60][5:])
    market.listings["AAA"] = Listing(rows)
    grow(market, "BBB", 61)
    done = run(market, home, until=61)
    assert "AAA" in done.held_back and "correct the source" in done.held_back["AAA"]
    assert "data.quality.accept" not in done.held_back["AAA"]


def test_a_changed_bar_is_named_once_with_its_reason(market, home):
    rows = make_rows(SESSIONS[:60])
    rows[30] = (rows[30][0], *(price / 100 for price in rows[30][1:6]), rows[30][6])
    market.listings["AAA"] = Listing(rows)
    done = run(market, home, until=60)
    assert list(done.repairs) == [f"AAA {SESSIONS[30]}"] and done.repaired == 1
    assert any(line.startswith(f"AAA {SESSIONS[30]}: changed: ") for line in tell_problems(done))
    assert not run(market, home, until=60).repairs


def test_tickers_that_other_settings_judged_last_are_named(market, home):
    assert not run(market, home, until=60).rejudged
    done = run(market, home, until=60, quality={"refuse": [f"AAA {SESSIONS[30]}"]})
    assert done.rejudged == ("AAA",)
    assert any("AAA: judged anew" in line for line in tell_problems(done))


def test_a_jump_is_told_as_it_is_found(market, home):
    done = run(market, home, until=60)
    jump = f"AAA {SESSIONS[9]}: The price jumps, and nothing recorded says why; kept as it came"
    assert tell_problems(replace(done, jumps=(jump,)))[0] == jump


def test_an_older_bar_that_is_refused_is_named_once_with_the_way_to_keep_it(market, home):
    market.listings["AAA"] = one_swapped(30)
    done = run(market, home, until=60)
    assert list(done.refused) == [f"AAA {SESSIONS[30]}"] and not done.partial
    lines = tell_problems(done)
    assert lines[0].startswith(f"AAA {SESSIONS[30]}: refused: The high is below the low")
    assert lines[1] == 'data.quality.accept = ["TICKER DATE"] keeps one as it came'
    market.listings["AAA"] = one_swapped(30)
    again = refresh(
        make_experiment(["AAA", "BBB"]), home, now=after(SESSIONS[59]), session=market.session(), whole=()
    )
    assert again.quarantined == 1 and not again.refused


def test_of_many_refused_bars_ten_are_named_and_a_ticker_that_is_refused_whole_is_one_line(market, home):
    rows = make_rows(SESSIONS[:60])
    market.listings["AAA"] = Listing([*swapped(rows[:13]), *rows[13:]])
    market.listings["BBB"] = Listing(swapped(rows))
    done = run(market, home, until=60, tickers=ALL[:2], quality={"limit": 0.9})
    lines = tell_problems(done)
    assert len(done.refused) == 13 and sum(": refused: " in line for line in lines) == 10
    assert "and 3 more such refused bars; --json names all" in lines
    assert sum(line.startswith("BBB") for line in lines) == 1


@pytest.mark.parametrize(("calendar", "days"), [("data", 0), ("XNYS", 0), ("XNYS", 2)])
def test_a_ticker_whose_bars_reach_the_end_that_is_wanted_is_not_asked_again(market, home, calendar, days):
    end = dt.date(2024, 3, 15) + dt.timedelta(days=days)  # a Friday, or the Sunday after it
    first = run(market, home, until=60, calendar=calendar, end=end)
    assert first.inserted and stored(home).bars.spans()["AAA"][1] == dt.date(2024, 3, 15)
    market.ranges.clear()
    again = run(market, home, until=60, calendar=calendar, end=end)
    assert not market.ranges and again.outcomes["AAA"].reason == "up to date"
    serve(market, 100, ("AAA", "BBB"))
    run(market, home, until=100, calendar=calendar)
    assert set(market.ranges) == {"AAA", "BBB"}
    assert stored(home).bars.spans()["AAA"][1] >= SESSIONS[98]  # the exchange's own day is not over
