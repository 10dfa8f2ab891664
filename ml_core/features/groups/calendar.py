"""The date itself: known long before, and the same for every ticker but for the sessions that it missed."""

import math

import polars as pl

from ml_core.features.declaration import feature

date = pl.col("date")
WEEK = 2 * math.pi * date.dt.weekday() / 5
YEAR = 2 * math.pi * date.dt.ordinal_day() / 365.25
MONTH = 2 * math.pi * date.dt.month() / 12
QUARTER = 2 * math.pi * ((date.dt.month() - 1) % 3 + date.dt.day() / 31) / 3


@feature("date", scope="calendar")
def weekday_sine() -> pl.Expr:
    """Place in the week, first coordinate."""
    return WEEK.sin()


@feature("date", scope="calendar")
def weekday_cosine() -> pl.Expr:
    """Place in the week, second coordinate."""
    return WEEK.cos()


@feature("date", scope="calendar")
def month_sine() -> pl.Expr:
    """Place of the month in the year, first coordinate."""
    return MONTH.sin()


@feature("date", scope="calendar")
def month_cosine() -> pl.Expr:
    """Place of the month in the year, second coordinate."""
    return MONTH.cos()


@feature("date", scope="calendar")
def quarter_sine() -> pl.Expr:
    """Place in the quarter, first coordinate."""
    return QUARTER.sin()


@feature("date", scope="calendar")
def quarter_cosine() -> pl.Expr:
    """Place in the quarter, second coordinate."""
    return QUARTER.cos()


@feature("date", scope="calendar")
def half_year_sine() -> pl.Expr:
    """Place in the half-year, first coordinate: above 0 in its first quarter."""
    return (2 * YEAR).sin()


@feature("date", scope="calendar")
def month_place() -> pl.Expr:
    """0 on the first day of the month, 1 on the last."""
    return (date.dt.day() - 1) / (date.dt.days_in_month() - 1)


@feature("date", scope="calendar")
def turn_of_month() -> pl.Expr:
    """1 on the day a month turns, falling to 0 four days away from it."""
    days = pl.min_horizontal(date.dt.day() - 1, date.dt.days_in_month() - date.dt.day())
    return (1 - days.cast(pl.Float64) / 4).clip(lower_bound=0)


@feature("date", scope="calendar")
def year_end() -> pl.Expr:
    """1 at the turn of the year, falling to 0 ten days away from it."""
    day = date.dt.ordinal_day()
    return (1 - pl.min_horizontal(day - 1, 366 - day).cast(pl.Float64) / 10).clip(lower_bound=0)


@feature("date", scope="calendar")
def expiry_distance() -> pl.Expr:
    """Days from the third Friday of the month, in weeks: options expire on it."""
    first = date.dt.truncate("1mo").dt.weekday().cast(pl.Int32)
    third_friday = 15 + (5 - first) % 7
    return (date.dt.day().cast(pl.Int32) - third_friday) / 7


@feature("date", history=1)
def days_off() -> pl.Expr:
    """Logarithm of the days since the session before: weekends, holidays, halts."""
    return date.diff().dt.total_days().log()
