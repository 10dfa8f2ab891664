"""Sessions of exchanges, however far back their calendars go."""

import datetime as dt

import exchange_calendars
import pytest

from ml_core.data.calendar import last_closed_session, session_after, sessions_between


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of pandas, about the library's own code
@pytest.mark.parametrize("exchange", ["XNYS", "XTKS", "XSAU"])
def test_sessions_are_those_of_the_exchange_however_far_back_its_calendar_goes(exchange):
    start, end = dt.date(2022, 12, 20), dt.date(2023, 1, 31)
    known = exchange_calendars.get_calendar(exchange, start="2022-12-01", end="2023-02-28")
    assert sessions_between(exchange, start, end) == list(known.sessions_in_range(str(start), str(end)).date)


def test_a_year_before_all_that_is_opened_at_first_is_there_too():
    assert len(sessions_between("XNYS", dt.date(2023, 1, 1), dt.date(2023, 12, 31))) == 250
    assert sessions_between("XNYS", dt.date(1987, 10, 17), dt.date(1987, 10, 20)) == [
        dt.date(1987, 10, 19),
        dt.date(1987, 10, 20),
    ]


@pytest.mark.parametrize(("time", "day"), [(dt.time(20, 29), 27), (dt.time(20, 30), 28)])
def test_a_session_has_closed_half_an_hour_after_its_close(time, day):
    now = dt.datetime.combine(dt.date(2024, 6, 28), time, dt.UTC)
    assert last_closed_session("XNYS", now) == dt.date(2024, 6, day)


@pytest.mark.parametrize(("calendar", "day", "count", "then"), [
    ("XNYS", "2026-01-02", 1, "2026-01-05"),  # a Friday
    ("XNYS", "2026-01-16", 1, "2026-01-20"),  # before Martin Luther King's day
    ("XNYS", "2025-01-02", 251, "2026-01-05"),
    ("24/7", "2026-01-02", 1, "2026-01-03"),
    ("data", "2026-01-02", 2, "2026-01-06"),
])  # fmt: skip
def test_so_many_sessions_after_a_day(calendar, day, count, then):
    assert session_after(calendar, dt.date.fromisoformat(day), count) == dt.date.fromisoformat(then)
