"""A refresh from end to end: what is asked, what is stored, what is said; through yfinance on loopback and files."""

import dataclasses
import datetime as dt
import shutil

import polars as pl
import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import read_prices, tell_absent
from ml_core.data.store.tables import newest_version
from ml_core.errors import InvalidInput, ProviderFailed
from ml_core.home.settings import open_home
from tests.data.loopback_yahoo import Listing
from tests.data.refreshing import after, grow, make_experiment, run, stored
from tests.data.test_yahoo import PATIENT, SESSIONS, make_rows


def test_a_second_refresh_of_the_same_day_asks_for_nothing_and_makes_no_version(market, home):
    first = run(market, home, until=60)
    asked = sum(market.asked.values())
    second = run(market, home, until=60)
    assert (first.inserted, second.inserted, second.updated) == (120, 0, 0)
    assert second.version == first.version and not second.partial
    assert sum(market.asked.values()) == asked


def test_the_next_day_inserts_one_bar_a_ticker(market, home):
    run(market, home, until=60)
    for ticker in ("AAA", "BBB"):
        grow(market, ticker, 61)
    done = run(market, home, until=61)
    assert (done.inserted, done.updated, done.last) == (2, 0, SESSIONS[60])
    assert not done.rebuilt


def test_a_failed_ticker_is_named_and_only_it_is_asked_for_next_time(market, home):
    grow(market, "BBB", 60, faults=["404"], for_ever=True)
    first = run(market, home, until=60)
    assert first.partial and first.outcomes["BBB"].status == "unknown" and first.inserted == 60
    grow(market, "BBB", 60)
    before = len(market.ranges["AAA"])
    second = run(market, home, until=60)
    assert not second.partial and second.inserted == 60
    assert len(market.ranges["AAA"]) == before


def test_a_split_that_rebases_the_past_rebuilds_the_ticker_and_old_versions_stay(market, home):
    first = run(market, home, until=60)
    old = read_prices(make_experiment(["AAA", "BBB"]), home)
    rows = [
        (day, *(price / 4 for price in prices), volume * 4)
        for day, *prices, volume in make_rows(SESSIONS[:61])
    ]
    market.listings["AAA"] = Listing(rows, splits={SESSIONS[60]: (4, 1)})
    grow(market, "BBB", 61)
    done = run(market, home, until=61)
    assert list(done.rebuilt) == ["AAA"] and "0.25 times" in done.rebuilt["AAA"]
    assert done.updated == 60 and done.inserted == 2
    again = read_prices(make_experiment(["AAA", "BBB"]), home, version=first.version)
    assert again.equals(old)
    new = read_prices(make_experiment(["AAA", "BBB"]), home).filter(pl.col("ticker") == "AAA")
    returns = new["close"].log().diff().drop_nulls()
    expected = old.filter(pl.col("ticker") == "AAA")["close"].log().diff().drop_nulls()
    assert returns[:-1].to_list() == pytest.approx(expected.to_list(), abs=1e-9)


def test_a_rewritten_past_is_rebuilt_from_its_first_stored_day_though_asked_from_a_later_one(market, home):
    run(market, home, until=60)
    rows = [
        (day, *(price / 4 for price in prices), volume) for day, *prices, volume in make_rows(SESSIONS[:61])
    ]
    market.listings["AAA"] = Listing(rows)
    done = run(market, home, until=61, start=SESSIONS[50])
    assert list(done.rebuilt) == ["AAA"]
    assert stored(home).bars.read(("AAA",))["date"].to_list() == SESSIONS[:61]


def test_an_earlier_start_asks_for_the_whole_again(market, home):
    run(market, home, until=60, start=SESSIONS[30])
    done = run(market, home, until=60)
    assert done.inserted == 60
    assert stored(home).answers.read()["first"].to_list() == [SESSIONS[0]] * 2


class Killed(BaseException):
    """As a signal would end it: nothing catches this."""


def test_a_refresh_that_is_ended_early_asks_only_for_the_rest_when_run_again(many, home):
    came = []

    def end_at_55(ticker: str, done: int, _total: int) -> None:
        came.append(ticker)
        if done == 55:
            raise Killed

    tickers, now = tuple(many.listings), after(SESSIONS[9])
    with pytest.raises(Killed):
        refresh(make_experiment(tickers), home, now=now, session=many.session(), progress=end_at_55)
    assert set(stored(home).answers.read()["ticker"]) == set(came) and len(came) == 55
    many.ranges.clear()
    done = run(many, home, until=10, tickers=tickers)
    assert set(many.ranges) == set(tickers) - set(came)
    assert not done.partial and done.inserted == 50


def test_a_refresh_is_one_commit_of_bars_and_one_of_coverage_and_the_next_day_another(many, home):
    tickers = tuple(many.listings)
    first = run(many, home, until=10, tickers=tickers)
    grown = {name: Listing(make_rows(SESSIONS[:11])) for name in tickers}
    many.listings.update(grown)
    second = run(many, home, until=11, tickers=tickers)
    assert second.inserted == 60 and second.version == (first.version or 0) + 1
    covered = newest_version(home.store / "coverage" / "yahoo")
    assert run(many, home, until=11, tickers=tickers).version == second.version
    assert newest_version(home.store / "coverage" / "yahoo") == covered


def test_a_long_download_is_stored_as_it_comes(many, home):
    tickers, versions = tuple(many.listings)[:6], []

    def look(_ticker: str, _done: int, _total: int) -> None:
        versions.append(len(stored(home).bars.spans()))

    experiment = make_experiment(tickers, yahoo=PATIENT | {"store_every": 0, "at_once": 1})
    refresh(experiment, home, now=after(SESSIONS[9]), session=many.session(), progress=look)
    assert versions == [1, 2, 3, 4, 5, 6]


def test_what_came_before_an_interrupt_is_stored_and_the_interrupt_goes_on(many, home):
    def interrupt(_ticker: str, done: int, _total: int) -> None:
        if done == 7:
            raise KeyboardInterrupt

    tickers = tuple(many.listings)
    with pytest.raises(KeyboardInterrupt):
        refresh(
            make_experiment(tickers), home, now=after(SESSIONS[9]), session=many.session(), progress=interrupt
        )
    assert len(stored(home).bars.spans()) == 7


def test_nothing_from_anybody_is_an_error_that_keeps_what_is_stored(market, home):
    run(market, home, until=60)
    for ticker in ("AAA", "BBB"):
        grow(market, ticker, 61, faults=["500"], for_ever=True)
    with pytest.raises(ProviderFailed, match=r"AAA \(and 1 others\)"):
        run(market, home, until=61)
    assert read_prices(make_experiment(["AAA", "BBB"]), home).height == 120


def test_an_unknown_ticker_alone_is_bad_input_that_names_it(market, home):
    with pytest.raises(InvalidInput, match="NOPE"):
        run(market, home, until=60, tickers=("NOPE",))


def test_coverage_that_was_written_before_judgements_were_remembered_goes_on(market, home):
    run(market, home, until=60)
    folder = home.store / "coverage" / "yahoo"
    older = stored(home).answers.read().drop("judged_by")
    shutil.rmtree(folder)
    older.write_delta(str(folder))
    market.ranges.clear()
    assert run(market, home, until=60).inserted == 0 and not market.ranges
    assert run(market, home, until=60).inserted == 0 and not market.ranges


def test_what_is_missing_is_told_with_what_would_help(market, home):
    grow(market, "BBB", 60, faults=["404"], for_ever=True)
    run(market, home, until=60)
    both = make_experiment(["AAA", "BBB"])
    (reason,) = tell_absent(both, home, read_prices(both, home)).values()
    assert reason.startswith("no bars stored (BBB was unknown")
    with pytest.raises(InvalidInput, match=r"for BBB \(BBB was unknown.*\); run: candorcast refresh x"):
        read_prices(make_experiment(["BBB"]), home)
    alone = make_experiment(["AAA"])
    past = SESSIONS[0] - dt.timedelta(days=1)
    with pytest.raises(InvalidInput, match=rf"up to {past} for AAA; AAA is stored from {SESSIONS[0]} to"):
        read_prices(alone, home, until=past)


def test_coverage_tells_what_is_held_of_every_ticker(market, home):
    run(market, home, until=60)
    row = stored(home).answers.read().row(0, named=True)
    assert (row["ticker"], row["status"], row["rows"]) == ("AAA", "ok", 60)
    assert (row["first"], row["last"]) == (SESSIONS[0], SESSIONS[59])


def test_what_is_stored_does_not_depend_on_how_often_it_was_refreshed(market, home, tmp_path):
    for until in (40, 41, 55, 60):
        grow(market, "AAA", until)
        grow(market, "BBB", until)
        run(market, home, until=until)
    other = open_home(tmp_path / "other")
    run(market, other, until=60)
    experiment = make_experiment(["AAA", "BBB"])
    assert read_prices(experiment, home).equals(read_prices(experiment, other))


def test_a_universe_of_one_stored_session_reads(market, home):
    grow(market, "AAA", 1)
    done = run(market, home, until=1, tickers=("AAA",))
    assert done.inserted == 1 and dataclasses.asdict(done)["last"] == SESSIONS[0]
