"""Tells the trading sessions of an exchange, so that dates are counted in sessions. The calendar `data` stands for
whatever dates the data has."""

import datetime as dt
from functools import cache

from ml_core.data.almanac import Almanac, compute
from ml_core.data.hours import Hours, Week

WHATEVER = "data"
MARGIN = dt.timedelta(days=20)
USUAL, ABOUT = 252.0, 12.0  # holidays of exchanges differ by so many days
CLOSE_DELAY = dt.timedelta(minutes=30)
USUALLY = dt.timedelta(days=730)  # what an exchange did that long, it does: weekdays and hours
ANY_DAY = Week("UTC", frozenset(range(7)), 24 * 3600)
EARLIEST = dt.time(3, tzinfo=dt.UTC)  # no exchange closes a session before this hour of its date


def sessions_between(
    calendar: str, start: dt.date, end: dt.date, *, almanac: Almanac | None = None
) -> list[dt.date]:
    """Trading sessions of the exchange; weekdays where the calendar is `data`."""
    if calendar == WHATEVER:
        days = (start + dt.timedelta(days=day) for day in range((end - start).days + 1))
        return [day for day in days if day.weekday() < 5]
    return _find_hours(calendar, (start - MARGIN).year, end.year, almanac).sessions(start, end)


def last_closed_session(calendar: str, now: dt.datetime, *, almanac: Almanac | None = None) -> dt.date | None:
    """The last session whose close is at least half an hour past; None where the calendar is `data`."""
    if calendar == WHATEVER:
        return None
    first = (now - MARGIN).date()
    hours = _find_hours(calendar, first.year, now.year, almanac)
    return hours.last_closed(first, now.date(), by=now - CLOSE_DELAY)


def next_close(calendar: str, day: dt.date, *, almanac: Almanac | None = None) -> dt.datetime:
    """When the first session after that day closes: from then on its outcome can be known. Where the calendar is
    `data` nobody has told the hours, and it is as early as anywhere."""
    if calendar == WHATEVER:
        return dt.datetime.combine(day + dt.timedelta(days=1), EARLIEST)
    return _find_hours(calendar, day.year, (day + MARGIN).year, almanac).next_close(day)


def week_of(calendar: str, now: dt.datetime, *, almanac: Almanac | None = None) -> Week:
    """The exchange's weekdays, and an hour at which it has closed on any of them, half day or whole. Where the calendar
    is `data`, any day may be one, and each is over at its end."""
    if calendar == WHATEVER:
        return ANY_DAY
    first = (now - USUALLY).date()
    return _find_hours(calendar, first.year, now.year, almanac).week(first, now.date())


def last_session_until(calendar: str, day: dt.date, *, almanac: Almanac | None = None) -> dt.date:
    """The last session up to that day; the day itself where the calendar is `data`, or has none for weeks before it."""
    if calendar == WHATEVER:
        return day
    return max(sessions_between(calendar, day - MARGIN, day, almanac=almanac), default=day)


def session_after(calendar: str, day: dt.date, count: int, *, almanac: Almanac | None = None) -> dt.date:
    """The session that is so many after that day."""
    reach = dt.timedelta(days=round(count * 365.25 / days_in_year(calendar))) + MARGIN
    return [one for one in sessions_between(calendar, day, day + reach, almanac=almanac) if one > day][
        count - 1
    ]


@cache
def days_in_year(calendar: str) -> float:
    """Trading days that make a year: 252, as is usual for an exchange, where a year has about as many; else as many as
    four years had each. Of `data` nothing is known."""
    if calendar in (WHATEVER, "XNYS"):  # the default is not opened for it
        return USUAL
    counted = len(sessions_between(calendar, dt.date(2022, 1, 1), dt.date(2025, 12, 31))) / 4
    return USUAL if abs(counted - USUAL) <= ABOUT else float(round(counted))


def _find_hours(calendar: str, first: int, last: int, almanac: Almanac | None) -> Hours:
    return almanac.find(calendar, first, last) if almanac else compute(calendar, first, last)
