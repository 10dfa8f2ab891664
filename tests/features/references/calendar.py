"""References: the date itself."""

import calendar
import datetime as dt
import math

from tests.features.references.bars import Bars

TURN = 2 * math.pi


def weekday_sine(bars: Bars, row: int) -> float:
    return math.sin(TURN * (bars.dates[row].weekday() + 1) / 5)


def weekday_cosine(bars: Bars, row: int) -> float:
    return math.cos(TURN * (bars.dates[row].weekday() + 1) / 5)


def month_sine(bars: Bars, row: int) -> float:
    return math.sin(TURN * bars.dates[row].month / 12)


def month_cosine(bars: Bars, row: int) -> float:
    return math.cos(TURN * bars.dates[row].month / 12)


def _quarter(date: dt.date) -> float:
    """Months of the quarter gone by, days as parts of 31, of three."""
    return ((date.month - 1) % 3 + date.day / 31) / 3


def quarter_sine(bars: Bars, row: int) -> float:
    return math.sin(TURN * _quarter(bars.dates[row]))


def quarter_cosine(bars: Bars, row: int) -> float:
    return math.cos(TURN * _quarter(bars.dates[row]))


def _day_of_year(date: dt.date) -> int:
    return (date - dt.date(date.year, 1, 1)).days + 1


def half_year_sine(bars: Bars, row: int) -> float:
    return math.sin(TURN * _day_of_year(bars.dates[row]) / (365.25 / 2))


def _days_in_month(date: dt.date) -> int:
    return calendar.monthrange(date.year, date.month)[1]


def month_place(bars: Bars, row: int) -> float:
    date = bars.dates[row]
    return (date.day - 1) / (_days_in_month(date) - 1)


def turn_of_month(bars: Bars, row: int) -> float:
    date = bars.dates[row]
    away = min(date.day - 1, _days_in_month(date) - date.day)
    return max(0.0, 1 - away / 4)


def year_end(bars: Bars, row: int) -> float:
    day = _day_of_year(bars.dates[row])
    return max(0.0, 1 - min(day - 1, 366 - day) / 10)


def expiry_distance(bars: Bars, row: int) -> float:
    date = bars.dates[row]
    fridays = [
        day for day in range(1, 29) if dt.date(date.year, date.month, day).weekday() == calendar.FRIDAY
    ]
    return (date.day - fridays[2]) / 7


def days_off(bars: Bars, row: int) -> float:
    return math.log((bars.dates[row] - bars.dates[row - 1]).days)
