"""What a notebook asks with: days and counts, refused in a line where they are none."""

from __future__ import annotations

import datetime as dt

from ml_core.errors import InvalidInput

AnyDay = str | dt.date | None


def read_day(name: str, given: AnyDay) -> dt.date | None:
    """A date, or one as text."""
    try:
        day = dt.date.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        day = given
    if day is None or type(day) is dt.date:
        return day
    raise InvalidInput(f"{name}: expected a date such as 2024-05-31, got {given!r}")


def read_count(name: str, given: int, *, least: int) -> int:
    if type(given) is not int or given < least:
        raise InvalidInput(f"{name}: expected a whole number from {least}, got {given!r}")
    return given
