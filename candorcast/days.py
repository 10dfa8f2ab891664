"""A day as a notebook names it: a date, or one as text."""

from __future__ import annotations

import datetime as dt

from ml_core.errors import InvalidInput

AnyDay = str | dt.date | None


def read_day(name: str, given: AnyDay) -> dt.date | None:
    try:
        return dt.date.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        raise InvalidInput(f"{name}: expected a date such as 2024-05-31, got {given!r}") from None
