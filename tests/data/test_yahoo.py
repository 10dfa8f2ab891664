"""yfinance itself, through real HTTP on loopback: every way in which Yahoo answers, and what is made of it."""

import datetime as dt

import polars as pl
import pytest

from ml_core.data.calendar import sessions_between
from ml_core.data.providers import Request, yahoo
from tests.data.loopback_yahoo import Listing, LoopbackYahoo

NOW = dt.datetime(2024, 6, 28, 22, tzinfo=dt.UTC)  # a Friday, after the close
SESSIONS = sessions_between("XNYS", dt.date(2024, 1, 2), dt.date(2024, 6, 28))
QUICK = {"pace": 0, "wait": 0.02, "longest_wait": 0.04, "budget": 1.0, "timeout": 0.6}
PATIENT = QUICK | {"budget": 8.0, "timeout": 10.0}  # where nobody hangs: a busy machine answers late


def make_rows(sessions: list[dt.date], *, base: float = 100.0) -> list[tuple]:
    closes = [base + place * 0.25 for place in range(len(sessions))]
    return [
        (day, close - 0.1, close + 0.5, close - 0.5, close, close * 0.98, 1_000_000 + place)
        for place, (day, close) in enumerate(zip(sessions, closes, strict=True))
    ]


def make_listing(**changes) -> Listing:
    return Listing(**{"rows": make_rows(SESSIONS)} | changes)


@pytest.fixture
def ask(tmp_path):
    """Serve these listings and ask for these tickers; the server stays for the test, to be looked at."""
    servers = []

    def asking(
        listings,
        tickers=None,
        *,
        now=NOW,
        calendar="XNYS",
        since=None,
        start=SESSIONS[0],
        refuse_all=0,
        **config,
    ):
        server = LoopbackYahoo(listings).__enter__()
        servers.append(server)
        server.refuse_all = refuse_all
        request = Request(
            tuple(tickers or listings), {}, calendar, start, None, now,
            since or {}, tmp_path / "yahoo", server.session(),
        )  # fmt: skip
        return yahoo.fetch(request, yahoo.Config(**QUICK | config)), server

    yield asking
    for server in servers:
        server.__exit__()


def test_bars_come_as_yahoo_gives_them_with_their_actions(ask):
    paid, split = SESSIONS[20], SESSIONS[40]
    listing = make_listing(dividends={paid: 0.24}, splits={split: (4, 1)})
    fetched, _ = ask({"AAPL": listing})
    assert fetched.outcomes["AAPL"].status == "ok"
    assert fetched.bars["date"].to_list() == SESSIONS
    assert fetched.bars["close"].to_list() == [row[4] for row in listing.rows]
    assert fetched.bars["adj_close"].to_list() == [row[5] for row in listing.rows]
    assert fetched.bars.filter(pl.col("dividend") > 0).select("date", "dividend").rows() == [(paid, 0.24)]
    assert fetched.bars.filter(pl.col("split") != 1).select("date", "split").rows() == [(split, 4.0)]
    assert set(fetched.bars["basis"]) == {"split_adjusted"}


def test_many_tickers_come_over_one_cookie_and_one_crumb(ask):
    fetched, server = ask({f"T{place:02d}": make_listing() for place in range(12)})
    assert {outcome.status for outcome in fetched.outcomes.values()} == {"ok"}
    assert fetched.bars.height == 12 * len(SESSIONS)
    assert server.asked["crumb"] <= 1


@pytest.mark.parametrize(
    ("zone", "opens", "calendar"),
    [
        ("America/New_York", dt.time(9, 30), "XNYS"),
        ("Asia/Tokyo", dt.time(9), "XTKS"),
        ("Europe/London", dt.time(8), "XLON"),
        ("Australia/Sydney", dt.time(10), "XASX"),
        ("America/Sao_Paulo", dt.time(10), "BVMF"),
        ("Europe/London", dt.time(0), "data"),
        ("Pacific/Auckland", dt.time(0), "data"),
    ],
)
def test_a_bar_belongs_to_the_date_at_its_exchange_across_both_clock_changes(ask, zone, opens, calendar):
    sessions = sessions_between(calendar, dt.date(2023, 3, 1), dt.date(2024, 5, 31))
    listing = Listing(make_rows(sessions), zone=zone, opens=opens)
    fetched, _ = ask({f"X.{calendar}.{zone[:3]}".upper(): listing}, calendar=calendar, start=sessions[0])
    assert fetched.bars["date"].to_list() == sessions


def test_a_clock_change_at_midnight_shifts_no_date(ask):
    """Yahoo stamps some midnights with the clock of the other half of the year: 23:00 of the day before."""
    sessions = [day for day in SESSIONS if day.month < 5]
    listing = Listing(make_rows(sessions), zone="America/New_York", opens=dt.time(0), winter_clock=True)
    fetched, _ = ask({"MIDNIGHT": listing}, calendar="data")
    assert fetched.bars["date"].to_list() == sessions


def test_a_half_day_counts_as_soon_as_it_has_closed(ask):
    half = dt.date(2024, 11, 29)
    sessions = sessions_between("XNYS", dt.date(2024, 11, 1), half)
    listing = Listing(make_rows(sessions))
    before, _ = ask({"X": listing}, now=dt.datetime(2024, 11, 29, 18, 15, tzinfo=dt.UTC))
    after, _ = ask({"X": listing}, now=dt.datetime(2024, 11, 29, 18, 45, tzinfo=dt.UTC))
    assert before.bars["date"].max() == sessions[-2]
    assert after.bars["date"].max() == half


@pytest.mark.parametrize("calendar", ["XNYS", "data"])
def test_the_moving_row_of_an_open_session_is_not_kept(ask, calendar):
    midday = dt.datetime(2024, 6, 28, 16, tzinfo=dt.UTC)
    listing = Listing(make_rows(SESSIONS[:-1]), live=(midday, 1.0, 2.0, 0.5, 1.5, 1.5, 10))
    fetched, _ = ask({"X": listing}, now=midday, calendar=calendar)
    assert fetched.bars["date"].to_list() == SESSIONS[:-1]


@pytest.mark.parametrize("calendar", ["XNYS", "data"])
def test_a_clock_that_is_a_day_ahead_takes_no_bar_of_an_open_session(ask, calendar):
    midday = dt.datetime(2024, 6, 28, 16, tzinfo=dt.UTC)
    listing = Listing(make_rows(SESSIONS[:-1]), live=(midday, 1.0, 2.0, 0.5, 1.5, 1.5, 10), clock=midday)
    fetched, _ = ask({"X": listing}, now=midday + dt.timedelta(days=1), calendar=calendar)
    assert fetched.bars["date"].to_list() == SESSIONS[:-1]
    assert fetched.notes == ("this machine's clock is 24.0 h ahead of Yahoo's; Yahoo's says what has closed",)


def test_a_clock_that_is_a_day_back_takes_less_and_nothing_wrong(ask):
    evening = dt.datetime(2024, 6, 28, 22, tzinfo=dt.UTC)
    listing = Listing(make_rows(SESSIONS), clock=evening)
    fetched, _ = ask({"X": listing}, now=evening - dt.timedelta(days=1))
    assert fetched.bars["date"].to_list() == SESSIONS[:-1]
    assert fetched.notes == ()


def test_a_last_session_given_twice_stands_there_once(ask):
    again = dt.datetime(2024, 6, 28, 20, 0, 2, tzinfo=dt.UTC)
    rows = make_rows(SESSIONS)
    fetched, _ = ask({"X": Listing(rows, live=(again, *rows[-1][1:]))})
    assert fetched.bars["date"].to_list() == SESSIONS


def test_a_session_without_prices_comes_as_null_not_as_a_number(ask):
    rows = make_rows(SESSIONS)
    rows[-1] = (SESSIONS[-1], None, None, None, None, None, None)
    fetched, _ = ask({"X": Listing(rows)})
    assert fetched.bars.filter(pl.col("close").is_null())["date"].to_list() == [SESSIONS[-1]]


def test_refusals_are_waited_out(ask):
    fetched, _ = ask({"A": make_listing(faults=["429"] * 5), "B": make_listing()}, budget=5)
    assert [outcome.status for outcome in fetched.outcomes.values()] == ["ok", "ok"]


def test_refusals_beyond_the_budget_are_named_and_nobody_else_is_asked(ask):
    listings = {"A": make_listing(), "B": make_listing(faults=["429"], for_ever=True), "C": make_listing()}
    fetched, server = ask(listings, budget=0.1, at_once=1)
    assert [outcome.status for outcome in fetched.outcomes.values()] == ["ok", "rate_limited", "rate_limited"]
    assert "budget of 0.1 s" in fetched.outcomes["C"].reason
    assert server.asked["C"] == 0
    assert set(fetched.bars["ticker"]) == {"A"}


def test_a_host_that_refuses_everything_for_a_while_is_waited_out(ask):
    fetched, _ = ask({"A": make_listing(), "B": make_listing()}, refuse_all=7, budget=5)
    assert [outcome.status for outcome in fetched.outcomes.values()] == ["ok", "ok"]


@pytest.mark.parametrize("fault", ["500", "html", "hang", "half", "half_json"])
def test_a_bad_answer_is_asked_for_again_and_not_remembered(ask, fault):
    fetched, _ = ask({"X": make_listing(faults=[fault, fault])}, budget=5)
    assert fetched.outcomes["X"].status == "ok"
    assert fetched.bars.height == len(SESSIONS)


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        ("500", "failed", "not JSON"),
        ("html", "failed", "not JSON"),
        ("hang", "failed", "no answer"),
        ("half_json", "failed", "not JSON"),
        ("half", "failed", ""),
        ("404", "unknown", "delisted"),
        ("400", "empty", "Data doesn't exist"),
        ("empty", "empty", "no prices"),
    ],
)
def test_a_bad_answer_that_stays_is_named(ask, fault, status, reason):
    fetched, _ = ask({"X": make_listing(faults=[fault], for_ever=True), "Y": make_listing()}, budget=5)
    assert fetched.outcomes["X"].status == status
    assert reason in fetched.outcomes["X"].reason
    assert "\n" not in fetched.outcomes["X"].reason
    assert fetched.outcomes["Y"].status == "ok"


def test_an_unknown_ticker_is_named(ask):
    fetched, _ = ask({"A": make_listing()}, ["NOSUCH", "A"])
    assert fetched.outcomes["NOSUCH"].status == "unknown"
    assert fetched.outcomes["A"].status == "ok"


def test_a_fifth_of_the_tickers_failing_costs_no_other(ask):
    listings = {
        f"T{place:02d}": make_listing(faults=["500"] if place % 5 == 0 else [], for_ever=True)
        for place in range(20)
    }
    fetched, _ = ask(listings, tries=2, budget=5)
    assert sorted(t for t, outcome in fetched.outcomes.items() if outcome.status == "failed") == [
        "T00", "T05", "T10", "T15",
    ]  # fmt: skip
    assert fetched.bars["ticker"].n_unique() == 16


def test_only_what_is_wanted_is_asked_for(ask):
    since = dt.date(2024, 6, 3)
    fetched, server = ask({"A": make_listing(), "B": make_listing()}, since={"A": since})
    assert server.ranges["A"][0][0] == since - dt.timedelta(days=1)
    assert server.ranges["B"][0][0] == SESSIONS[0] - dt.timedelta(days=1)
    assert fetched.bars.filter(pl.col("ticker") == "A")["date"].min() == since


def test_without_a_connection_the_others_are_not_asked(tmp_path):
    server = LoopbackYahoo({}).__enter__()
    session = server.session()
    server.__exit__()
    tickers = tuple(f"T{place}" for place in range(50))
    request = Request(tickers, {}, "XNYS", SESSIONS[0], None, NOW, {}, tmp_path, session)
    fetched = yahoo.fetch(request, yahoo.Config(**QUICK))
    assert {outcome.status for outcome in fetched.outcomes.values()} == {"failed"}
    assert fetched.outcomes["T0"].reason.startswith("no connection to Yahoo: Failed to connect to")
    assert "curl" not in fetched.outcomes["T0"].reason
    assert fetched.outcomes["T49"].reason.startswith("not asked")


def test_a_funds_capital_gains_count_once(ask):
    """Beside the dividend, or in it already: the adjusted close tells which."""
    day = SESSIONS[30]
    for dividend, paid in ((0.3, 0.8), (0.8, 0.8)):
        rows = []
        for row in make_rows(SESSIONS):
            factor = 1 - paid / rows_before(day) if row[0] < day else 1.0
            rows.append((*row[:5], row[4] * factor, row[6]))
        listing = Listing(rows, kind="ETF", dividends={day: dividend}, gains={day: 0.5})
        fetched, _ = ask({"F": listing})
        assert fetched.bars.filter(pl.col("date") == day)["dividend"].item() == pytest.approx(0.8)


def rows_before(day: dt.date) -> float:
    return 100.0 + (SESSIONS.index(day) - 1) * 0.25
