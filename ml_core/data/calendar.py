"""Tells the trading sessions of an exchange, so that dates are counted in sessions. The calendar `data` stands for
whatever dates the data has."""

import datetime as dt
import warnings
from functools import cache
from typing import Any

from ml_core.errors import InvalidInput
from ml_core.spec.choices import nearest

WHATEVER = "data"
MARGIN = dt.timedelta(days=20)
USUAL, ABOUT = 252.0, 12.0  # holidays of exchanges differ by so many days
CLOSE_DELAY = dt.timedelta(minutes=30)
# To open a calendar takes a third of a second, of a month as of decades: so it is opened once, with these years.
EARLY = 2000


def sessions_between(calendar: str, start: dt.date, end: dt.date) -> list[dt.date]:
    """Trading sessions of the exchange; weekdays where the calendar is `data`."""
    if calendar == WHATEVER:
        days = (start + dt.timedelta(days=day) for day in range((end - start).days + 1))
        return [day for day in days if day.weekday() < 5]
    known = _open_calendar(calendar, (start - MARGIN).year, end.year).sessions
    return known[known.slice_indexer(str(start), str(end))].date.tolist()


def last_closed_session(calendar: str, now: dt.datetime) -> dt.date | None:
    """The last session whose close is at least half an hour past; None where the calendar is `data`."""
    if calendar == WHATEVER:
        return None
    first = (now - MARGIN).date()
    found = _open_calendar(calendar, first.year, now.year).closes
    found = found[found.index.slice_indexer(str(first), str(now.date()))]
    closed = found[found + CLOSE_DELAY <= now]
    return closed.index[-1].date() if len(closed) else None


def _open_calendar(calendar: str, first: int, last: int) -> Any:
    """With these years, from the earliest on where the exchange's calendar goes back so far."""
    try:
        return _open(calendar, min(first, EARLY), last)
    except ValueError:
        return _open(calendar, first, last)


@cache
def days_in_year(calendar: str) -> float:
    """Trading days that make a year: 252, as is usual for an exchange, where a year has about as many; else as many as
    four years had each. Of `data` nothing is known."""
    if calendar in (WHATEVER, "XNYS"):  # the default is not opened for it
        return USUAL
    counted = len(sessions_between(calendar, dt.date(2022, 1, 1), dt.date(2025, 12, 31))) / 4
    return USUAL if abs(counted - USUAL) <= ABOUT else float(round(counted))


@cache
def _open(calendar: str, first: int, last: int) -> Any:
    import exchange_calendars

    known = exchange_calendars.get_calendar_names(include_aliases=True)
    if calendar not in known:
        raise InvalidInput(
            f"universe.calendar: unknown exchange '{calendar}'{nearest(calendar, known)}, or 'data'"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of pandas, about the library's own code
        return exchange_calendars.get_calendar(calendar, start=f"{first}-01-01", end=f"{last}-12-31")
