"""What a notebook asks with: days, counts and files, refused in a line where they are none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

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


def read_file(name: str, given: object, endings: Sequence[str]) -> Path:
    """The path of a file to be written, with one of these endings, in a folder that is there."""
    if not isinstance(given, (str, Path)):
        raise InvalidInput(f"{name}: expected the path of a file, got {given!r}")
    file = Path(given)
    if file.suffix not in endings:
        raise InvalidInput(f"{name} {file}: expected a name that ends in {', '.join(endings)}")
    if not file.absolute().parent.is_dir():
        raise InvalidInput(f"{name} {file}: there is no folder {file.absolute().parent}; make it first")
    return file
