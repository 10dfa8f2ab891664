"""A refresh from end to end: what is asked, what is stored, what is said; through yfinance on loopback and files."""

import dataclasses
import datetime as dt
import shutil

import polars as pl
import pytest

from ml_core.data.coverage import read_coverage
from ml_core.data.prices import read_prices
from ml_core.data.quarantine import read_findings
from ml_core.data.refresh import refresh
from ml_core.data.source import open_source
from ml_core.data.store import PriceStore
from ml_core.errors import InvalidData, InvalidInput, ProviderFailed
from ml_core.experiment import Experiment
from ml_core.settings import open_home
from tests.data.loopback_yahoo import Listing, LoopbackYahoo
from tests.data.test_yahoo import QUICK, SESSIONS, make_rows


def after(session: dt.date) -> dt.datetime:
    return dt.datetime.combine(session, dt.time(22), tzinfo=dt.UTC)


def make_experiment(tickers, **data) -> Experiment:
    yahoo = {"source": "yahoo", "start": SESSIONS[0], "yahoo": QUICK}
    return Experiment.model_validate(
        {"name": "x", "universe": {"tickers": list(tickers)}, "data": yahoo | data, "task": {"lookback": 5}}
    )


@pytest.fixture
def home(tmp_path):
    return open_home(tmp_path / "home")


@pytest.fixture
def market():
    """A loopback Yahoo of two tickers, and a way to refresh from it as after some session."""
    with LoopbackYahoo(
        {"AAA": Listing(make_rows(SESSIONS[:60])), "BBB": Listing(make_rows(SESSIONS[:60]))}
    ) as server:
        yield server


def run(server, home, *, until: int, tickers=("AAA", "BBB"), **data):
    now = after(SESSIONS[until - 1])
    return refresh(make_experiment(tickers, **data), home, now=now, session=server.session())


def grow(server, ticker: str, until: int, **changes) -> None:
    server.listings[ticker] = Listing(make_rows(SESSIONS[:until]), **changes)


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
    assert PriceStore(home.store, "yahoo").bars(("AAA",))["date"].to_list() == SESSIONS[:61]


def test_an_earlier_start_asks_for_the_whole_again(market, home):
    run(market, home, until=60, start=SESSIONS[30])
    done = run(market, home, until=60)
    assert done.inserted == 60
    assert read_coverage(home, "yahoo")["first"].to_list() == [SESSIONS[0]] * 2


def test_a_missing_last_close_is_quarantined_and_comes_with_the_next_refresh(market, home):
    rows = make_rows(SESSIONS[:60])
    market.listings["AAA"] = Listing([*rows[:-1], (rows[-1][0], None, None, None, None, None, None)])
    first = run(market, home, until=60)
    assert first.quarantined == 1 and first.inserted == 119
    found = read_findings(home, "yahoo")
    assert found.select("ticker", "date", "check").rows() == [("AAA", SESSIONS[59], "close_missing")]
    grow(market, "AAA", 60)
    assert run(market, home, until=60).inserted == 1


def test_a_newest_session_that_is_refused_of_all_is_said(market, home):
    run(market, home, until=60)
    for ticker in ("AAA", "BBB"):
        grow(market, ticker, 61)
        rows = make_rows(SESSIONS[:61])
        market.listings[ticker] = Listing([*rows[:-1], (rows[-1][0], None, None, None, None, None, None)])
    done = run(market, home, until=61)
    assert done.notes == (f"{SESSIONS[60]}: the bars of 2 tickers were refused, of 0 stored",)


class Killed(BaseException):
    """As a signal would end it: nothing catches this."""


def test_a_refresh_that_is_ended_early_asks_only_for_the_rest_when_run_again(many, home):
    def end_at_55(_ticker: str, done: int, _total: int) -> None:
        if done == 55:
            raise Killed

    tickers, now = tuple(many.listings), after(SESSIONS[9])
    with pytest.raises(Killed):
        refresh(make_experiment(tickers), home, now=now, session=many.session(), progress=end_at_55)
    assert set(read_coverage(home, "yahoo")["ticker"]) == set(tickers[:50])
    many.ranges.clear()
    done = run(many, home, until=10, tickers=tickers)
    assert set(many.ranges) == set(tickers[50:])
    assert not done.partial and done.inserted == 100


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


def test_too_many_bad_bars_stop_the_run_before_anything_is_stored(market, home):
    broken = swapped(make_rows(SESSIONS[:60]))
    mixed = [
        bad if place % 3 == 0 else good
        for place, (good, bad) in enumerate(zip(make_rows(SESSIONS[:60]), broken, strict=True))
    ]
    market.listings["AAA"] = Listing(mixed)
    with pytest.raises(InvalidData, match=r"quarantined, more than data.quality.limit = 0.1"):
        run(market, home, until=60)
    assert PriceStore(home.store, "yahoo").version() is None
    assert read_findings(home, "yahoo").height >= 20


def swapped(rows: list[tuple]) -> list[tuple]:
    """High and low: not one bar is sound."""
    return [(*row[:2], row[3], row[2], *row[4:]) for row in rows]


@pytest.fixture
def many():
    """Sixty tickers, which come in three parts."""
    names = [f"T{place:02d}" for place in range(60)]
    with LoopbackYahoo({name: Listing(make_rows(SESSIONS[:10])) for name in names}) as server:
        yield server


def test_three_bad_tickers_of_sixty_do_not_stop_the_run_though_all_come_in_one_part(many, home):
    for name in ("T01", "T02", "T03"):
        many.listings[name] = Listing(swapped(make_rows(SESSIONS[:10])))
    done = run(many, home, until=10, tickers=tuple(many.listings))
    assert done.partial and done.inserted == 57 * 10
    again = run(many, home, until=10, tickers=tuple(many.listings))
    assert again.partial and again.inserted == 0


def test_too_many_bad_tickers_of_a_universe_stop_the_run_and_parts_before_stay(many, home):
    for place in range(30, 37):
        many.listings[f"T{place}"] = Listing(swapped(make_rows(SESSIONS[:10])))
    with pytest.raises(InvalidData, match=r"7 of 60 tickers .*limit = 0.1.*T30.*stored before stays"):
        run(many, home, until=10, tickers=tuple(many.listings))
    assert set(PriceStore(home.store, "yahoo").spans()) == {f"T{place:02d}" for place in range(25)}
    assert read_coverage(home, "yahoo").height == 25
    assert len(many.ranges) == 50


def test_a_few_bad_new_bars_of_one_ticker_do_not_stop_its_refresh(market, home):
    run(market, home, until=60, tickers=("AAA",))
    rows = [(*row[:4], None, *row[5:]) if place in (57, 59) else row
            for place, row in enumerate(make_rows(SESSIONS[:61]))]  # fmt: skip
    market.listings["AAA"] = Listing(rows)
    done = run(market, home, until=61, tickers=("AAA",))
    assert (done.inserted, done.quarantined, done.partial) == (1, 2, False)


def one_swapped(place: int) -> Listing:
    rows = make_rows(SESSIONS[:60])
    return Listing([*rows[:place], *swapped(rows[place : place + 1]), *rows[place + 1 :]])


def test_what_is_accepted_later_comes_with_the_next_refresh_which_asks_for_that_ticker_only(market, home):
    market.listings["AAA"] = one_swapped(30)
    assert run(market, home, until=60).quarantined == 1
    market.ranges.clear()
    accepted = {"accept": [f"AAA {SESSIONS[30]}"]}
    done = run(market, home, until=60, quality=accepted)
    assert (done.inserted, done.quarantined, list(market.ranges)) == (1, 0, ["AAA"])
    assert read_findings(home, "yahoo").filter(pl.col("verdict") != "note").is_empty()
    market.ranges.clear()
    assert run(market, home, until=60, quality=accepted).inserted == 0
    assert not market.ranges


def test_what_another_experiment_did_not_check_is_checked_before_a_stricter_one_reads_it(market, home):
    market.listings["AAA"] = one_swapped(30)
    lenient = {"skip": ["high_below_low", "close_outside_range", "open_outside_range"]}
    loose = run(market, home, until=60, quality=lenient)
    assert loose.inserted == 120
    strict = run(market, home, until=60, start=SESSIONS[40])
    assert strict.quarantined == 1 and strict.version != loose.version
    held = PriceStore(home.store, "yahoo").bars(("AAA",))["date"]
    assert held.to_list() == [day for day in SESSIONS[:60] if day != SESSIONS[30]]


@pytest.mark.parametrize("entry", ["AAA 2015-7-20", "2015-07-20", "AAA", "AAA 20150720", "AAA 2015-02-30"])
def test_what_names_no_ticker_and_day_cannot_be_accepted(market, home, entry):
    with pytest.raises(InvalidInput, match=f"'{entry}': expected \"TICKER YYYY-MM-DD\""):
        run(market, home, until=60, quality={"accept": [entry]})


def test_coverage_that_was_written_before_judgements_were_remembered_goes_on(market, home):
    run(market, home, until=60)
    folder = home.store / "coverage" / "yahoo"
    older = read_coverage(home, "yahoo").drop("judged_by")
    shutil.rmtree(folder)
    older.write_delta(str(folder))
    market.ranges.clear()
    assert run(market, home, until=60).inserted == 0 and not market.ranges
    assert read_coverage(home, "yahoo")["judged_by"].to_list() == ["", ""]


def test_a_universe_of_one_that_is_wholly_refused_is_an_error(market, home):
    market.listings["AAA"] = Listing(swapped(make_rows(SESSIONS[:60])))
    with pytest.raises(ProviderFailed, match="60 of 60 bars refused"):
        run(market, home, until=60, tickers=("AAA",))


def test_a_ticker_that_loses_half_of_its_bars_is_refused_whole(market, home):
    market.listings["AAA"] = Listing(swapped(make_rows(SESSIONS[:60])))
    done = run(market, home, until=60, quality={"limit": 0.6})
    assert done.outcomes["AAA"].status == "failed" and "60 of 60 bars refused" in done.outcomes["AAA"].reason
    assert done.outcomes["BBB"].status == "ok" and done.partial
    with pytest.raises(InvalidInput) as told:
        read_prices(make_experiment(["AAA", "BBB"]), home)
    for said in ("no sound bar of AAA", "AAA, 60 for '", "data.quality.accept", "walkforward data x"):
        assert said in str(told.value)
    assert "refresh" not in str(told.value)


def test_what_is_missing_is_told_with_what_would_help(market, home):
    grow(market, "BBB", 60, faults=["404"], for_ever=True)
    run(market, home, until=60)
    both = make_experiment(["AAA", "BBB"])
    with pytest.raises(InvalidInput, match=r"for BBB \(BBB was unknown.*\); run: walkforward refresh x"):
        read_prices(both, home)
    alone = make_experiment(["AAA"])
    past = SESSIONS[0] - dt.timedelta(days=1)
    with pytest.raises(InvalidInput, match=rf"up to {past} for AAA; AAA is stored from {SESSIONS[0]} to"):
        read_prices(alone, home, until=past)


def test_coverage_tells_what_is_held_of_every_ticker(market, home):
    run(market, home, until=60)
    row = read_coverage(home, "yahoo").row(0, named=True)
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


def test_the_dividend_of_a_refused_bar_stays_where_it_was_put_however_often_it_is_refreshed(market, home):
    ex, following = SESSIONS[30], SESSIONS[31]

    def serve(until: int) -> None:
        rows = make_rows(SESSIONS[:until])
        rows[30] = (ex, *(None,) * 5, 0)
        market.listings["AAA"] = Listing(rows, dividends={ex: 0.5})

    for until in (40, *range(44, 50)):
        serve(until)
        run(market, home, until=until, tickers=("AAA",))
        prices = read_prices(make_experiment(["AAA"]), home)
        assert prices.filter(pl.col("dividend") > 0).select("date", "dividend").rows() == [(following, 0.5)]


def test_a_stored_bar_that_the_next_ones_show_to_be_wrong_is_taken_out_again(market, home):
    def serve(until: int, wrong: float = 1.12) -> None:
        rows = make_rows(SESSIONS[:until])
        day, *prices, volume = rows[40]
        rows[40] = (day, *(price * wrong for price in prices), volume)
        market.listings["AAA"] = Listing(rows)

    serve(41)
    run(market, home, until=41, tickers=("AAA",))
    assert PriceStore(home.store, open_source(make_experiment(["AAA"])).identity).bars().height == 41
    serve(43)
    done = run(market, home, until=43, tickers=("AAA",))
    prices = read_prices(make_experiment(["AAA"]), home)
    assert done.quarantined == 1 and SESSIONS[40] not in prices["date"].to_list() and prices.height == 42
    assert run(market, home, until=43, tickers=("AAA",)).version == done.version
    serve(44, wrong=1.0)
    run(market, home, until=44, tickers=("AAA",))
    assert read_prices(make_experiment(["AAA"]), home)["date"].to_list() == SESSIONS[:44]


def test_a_bad_answer_for_a_stored_bar_takes_nothing_away(market, home):
    grow(market, "AAA", 41)
    run(market, home, until=41, tickers=("AAA",))
    rows = make_rows(SESSIONS[:42])
    rows[39] = (SESSIONS[39], *(None,) * 5, 0)
    market.listings["AAA"] = Listing(rows)
    run(market, home, until=42, tickers=("AAA",))
    assert read_prices(make_experiment(["AAA"]), home)["date"].to_list() == SESSIONS[:42]
