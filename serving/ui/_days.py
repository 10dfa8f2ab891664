"""Reads a day as somebody typed it."""

import datetime as dt

from ml_core.errors import InvalidInput

AS_OF = "As of"  # the field on every tab that looks back


def read_day(label: str, text: str | None) -> dt.date | None:
    """None where nothing was typed."""
    if not text or not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise InvalidInput(f"{label}: expected a day such as 2024-03-28, got '{text.strip()[:20]}'") from None
