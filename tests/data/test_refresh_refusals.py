"""What a refresh refuses, says of it, and takes when it is accepted or comes right."""

import polars as pl
import pytest

from ml_core.data.prices import read_prices, tell_absent
from ml_core.errors import InvalidData, InvalidInput, ProviderFailed
from tests.data.loopback_yahoo import Listing
from tests.data.refreshing import grow, make_experiment, one_swapped, run, stored, swapped
from tests.data.test_yahoo import SESSIONS, make_rows


def test_a_missing_last_close_is_quarantined_and_comes_with_the_next_refresh(market, home):
    rows = make_rows(SESSIONS[:60])
    market.listings["AAA"] = Listing([*rows[:-1], (rows[-1][0], None, None, None, None, None, None)])
    first = run(market, home, until=60)
    assert first.quarantined == 1 and first.inserted == 119
    found = stored(home).findings.read()
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
    assert done.notes == (f"{SESSIONS[60]}: bars refused of 2 tickers, stored of 0",)


def test_too_many_bad_bars_stop_the_run_before_anything_is_stored(market, home):
    broken = swapped(make_rows(SESSIONS[:60]))
    mixed = [
        bad if place % 3 == 0 else good
        for place, (good, bad) in enumerate(zip(make_rows(SESSIONS[:60]), broken, strict=True))
    ]
    market.listings["AAA"] = Listing(mixed)
    with pytest.raises(InvalidData, match=r"quarantined, more than data.quality.limit = 0.1"):
        run(market, home, until=60)
    assert stored(home).bars.version() is None
    assert stored(home).findings.read().height >= 20


def test_three_bad_tickers_of_sixty_do_not_stop_the_run_though_all_come_in_one_part(many, home):
    for name in ("T01", "T02", "T03"):
        many.listings[name] = Listing(swapped(make_rows(SESSIONS[:10])))
    done = run(many, home, until=10, tickers=tuple(many.listings))
    assert done.partial and done.inserted == 57 * 10
    again = run(many, home, until=10, tickers=tuple(many.listings))
    assert again.partial and again.inserted == 0


def test_too_many_bad_tickers_of_a_universe_stop_the_run_and_what_was_stored_before_stays(many, home):
    good = tuple(many.listings)[:25]
    stood = run(many, home, until=10, tickers=good)
    for place in range(30, 37):
        many.listings[f"T{place}"] = Listing(swapped(make_rows(SESSIONS[:10])))
    with pytest.raises(InvalidData, match=r"7 of 60 tickers .*limit = 0.1.*T3\d.*stored before stays"):
        run(many, home, until=10, tickers=tuple(many.listings))
    assert set(stored(home).bars.spans()) == set(good)
    assert stored(home).bars.version() == stood.version
    assert stored(home).answers.read().height == 25


def test_a_few_bad_new_bars_of_one_ticker_do_not_stop_its_refresh(market, home):
    run(market, home, until=60, tickers=("AAA",))
    rows = [(*row[:4], None, *row[5:]) if place in (57, 59) else row
            for place, row in enumerate(make_rows(SESSIONS[:61]))]  # fmt: skip
    market.listings["AAA"] = Listing(rows)
    done = run(market, home, until=61, tickers=("AAA",))
    assert (done.inserted, done.quarantined, done.partial) == (1, 2, False)


def test_what_is_accepted_later_comes_with_the_next_refresh_which_asks_for_that_ticker_only(market, home):
    market.listings["AAA"] = one_swapped(30)
    assert run(market, home, until=60).quarantined == 1
    market.ranges.clear()
    accepted = {"accept": [f"AAA {SESSIONS[30]}"]}
    done = run(market, home, until=60, quality=accepted)
    assert (done.inserted, done.quarantined, list(market.ranges)) == (1, 0, ["AAA"])
    assert stored(home).findings.read().filter(pl.col("verdict") != "note").is_empty()
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
    held = stored(home).bars.read(("AAA",))["date"]
    assert held.to_list() == [day for day in SESSIONS[:60] if day != SESSIONS[30]]


@pytest.mark.parametrize("entry", ["AAA 2015-7-20", "2015-07-20", "AAA", "AAA 20150720", "AAA 2015-02-30"])
def test_what_names_no_ticker_and_day_cannot_be_accepted(market, home, entry):
    with pytest.raises(InvalidInput, match=f"'{entry}': expected \"TICKER DATE\""):
        run(market, home, until=60, quality={"accept": [entry]})


def test_a_universe_of_one_that_is_wholly_refused_is_an_error(market, home):
    market.listings["AAA"] = Listing(swapped(make_rows(SESSIONS[:60])))
    with pytest.raises(ProviderFailed, match="60 of 60 bars refused"):
        run(market, home, until=60, tickers=("AAA",))


def test_a_ticker_that_loses_half_of_its_bars_is_refused_whole(market, home):
    market.listings["AAA"] = Listing(swapped(make_rows(SESSIONS[:60])))
    done = run(market, home, until=60, quality={"limit": 0.6})
    assert done.outcomes["AAA"].status == "failed" and "60 of 60 bars refused" in done.outcomes["AAA"].reason
    assert done.outcomes["BBB"].status == "ok" and done.partial
    both = make_experiment(["AAA", "BBB"])
    prices = read_prices(both, home)
    assert set(prices["ticker"]) == {"BBB"}
    (reason,) = tell_absent(both, home, prices).values()
    assert reason.startswith("no sound bar: in quarantine are 60 for '") and "refresh" not in reason
    with pytest.raises(InvalidInput) as told:
        read_prices(make_experiment(["AAA"]), home)
    for said in ("no sound bar of AAA", "AAA, 60 for '", "data.quality.accept", "candorcast data x"):
        assert said in str(told.value)
    assert "refresh" not in str(told.value)


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


def test_a_stored_bar_that_a_later_one_shows_to_be_in_another_unit_is_put_right(market, home):
    """On its own day nothing tells a wrong unit from a price: it stands as it came, and is said."""

    def serve(until: int) -> None:
        rows = make_rows(SESSIONS[:until])
        day, *prices, volume = rows[40]
        rows[40] = (day, *(price * 100 for price in prices), volume)
        market.listings["AAA"] = Listing(rows)

    def held() -> pl.DataFrame:
        return stored(home).bars.read(("AAA",))

    serve(41)
    run(market, home, until=41, tickers=("AAA",))
    true = make_rows(SESSIONS[:43])[40][4]
    assert held().height == 41 and held()["close"][40] == pytest.approx(100 * true)
    serve(43)
    done = run(market, home, until=43, tickers=("AAA",))
    assert done.repaired == 1 and held().height == 43
    assert held()["close"][40] == pytest.approx(true)
    assert run(market, home, until=43, tickers=("AAA",)).version == done.version


def test_a_bad_answer_for_a_stored_bar_takes_nothing_away(market, home):
    grow(market, "AAA", 41)
    run(market, home, until=41, tickers=("AAA",))
    rows = make_rows(SESSIONS[:42])
    rows[39] = (SESSIONS[39], *(None,) * 5, 0)
    market.listings["AAA"] = Listing(rows)
    run(market, home, until=42, tickers=("AAA",))
    assert read_prices(make_experiment(["AAA"]), home)["date"].to_list() == SESSIONS[:42]


def test_what_is_said_of_a_ticker_that_nobody_asks_for_is_told_and_does_nothing(market, home):
    quality = {"accept": ["ZZZ 2015-07-20"], "refuse": ["aaa 2015-07-20"], "split": ["BBB 2015-07-20 2"]}
    notes = run(market, home, until=60, quality=quality).notes
    assert [note for note in notes if "no ticker" in note] == [
        "data.quality.accept 'ZZZ 2015-07-20': no ticker of this experiment is 'ZZZ'; expected one of AAA, BBB",
        "data.quality.refuse 'aaa 2015-07-20': no ticker of this experiment is 'aaa'; expected one of AAA, BBB",
    ]
