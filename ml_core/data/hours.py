"""Which days an exchange trades and when each of them closes, as the library of exchange calendars computes it."""

from __future__ import annotations

import datetime as dt
import warnings
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from ml_core.errors import InvalidInput
from ml_core.spec.choices import nearest


@dataclass(frozen=True)
class Week:
    """The weekdays of an exchange's sessions (Monday is 0), and the latest close of any, half days left aside: seconds
    after that day's midnight by the clocks of the `zone`."""

    zone: str
    weekdays: frozenset[int]
    close: int


@dataclass(frozen=True)
class Hours:
    """All sessions of the years `first` to `last`: `days` as ordinals of the date, and `closes` in seconds after that
    day's midnight by the clocks of the `zone`, which may be set otherwise one day."""

    first: int
    last: int
    zone: str
    days: list[int]
    closes: list[int]

    def covers(self, first: int, last: int) -> bool:
        return self.first <= first and last <= self.last

    def sessions(self, start: dt.date, end: dt.date) -> list[dt.date]:
        """From the one day to the other."""
        places = slice(bisect_left(self.days, start.toordinal()), bisect_right(self.days, end.toordinal()))
        return [dt.date.fromordinal(day) for day in self.days[places]]

    def last_closed(self, start: dt.date, end: dt.date, *, by: dt.datetime) -> dt.date | None:
        """The last session from the one day to the other that had closed by then; None where none had."""
        closed = (day for day in reversed(self.sessions(start, end)) if self._close(day) <= by)
        return next(closed, None)

    def next_close(self, day: dt.date) -> dt.datetime:
        """When the first session after that day closes."""
        return self._close(dt.date.fromordinal(self.days[bisect_right(self.days, day.toordinal())]))

    def week(self, start: dt.date, end: dt.date) -> Week:
        """On which weekdays there were sessions from the one day to the other, and the latest close of any."""
        days = self.sessions(start, end)
        closes = self.closes[bisect_left(self.days, start.toordinal()) :][: len(days)]
        return Week(self.zone, frozenset(day.weekday() for day in days), max(closes))

    def _close(self, day: dt.date) -> dt.datetime:
        after = self.closes[bisect_left(self.days, day.toordinal())]
        clock = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=after)
        return clock.replace(tzinfo=ZoneInfo(self.zone))


@cache
def compute_hours(calendar: str, first: int, last: int) -> Hours:
    """An unknown exchange is refused."""
    known = _open(calendar, first, last)
    closes = known.closes.dt.tz_convert(known.tz).dt.tz_localize(None)
    after = (closes - closes.index).dt.total_seconds()
    days = [day.toordinal() for day in known.sessions.date]
    return Hours(first, last, known.tz.key, days, [int(seconds) for seconds in after])


def _open(calendar: str, first: int, last: int) -> Any:
    import exchange_calendars

    known = exchange_calendars.get_calendar_names(include_aliases=True)
    if calendar not in known:
        near = nearest(calendar, known)
        stop = "" if near.endswith("?") else "."
        raise InvalidInput(
            f"universe.calendar: unknown exchange '{calendar}'{near}{stop} 'data' takes the dates that the data have."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of pandas, about the library's own code
        return exchange_calendars.get_calendar(calendar, start=f"{first}-01-01", end=f"{last}-12-31")
