"""Keeps the hours of exchanges in a folder, as they were once computed: to load the library that computes them, with
all that it loads, takes longer than all else that a refresh does which finds nothing new."""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from ml_core.data.hours import Hours, compute_hours

FORM = 1  # another number wherever a file is written in another way
MADE_BY = ("exchange_calendars", "pandas")
# To compute takes half a second, of a month as of decades: so it is done once, from this year on where the library goes
# back so far.
EARLY = 2000


@dataclass(frozen=True)
class Almanac:
    """A folder with a file for each exchange. `reads`: it is looked into, and nothing is written there."""

    folder: Path
    reads: bool = False

    def find(self, calendar: str, first: int, last: int) -> Hours:
        """Of at least these years: as kept, or computed and kept for the next time."""
        file, made_by = self._file(calendar), _describe(calendar)
        kept = _read(file, made_by)
        if kept and kept.covers(first, last):
            return kept
        hours = compute(calendar, *_span(first, last, kept))
        if not self.reads:
            _write(file, made_by, hours)
        return hours

    def _file(self, calendar: str) -> Path:
        return self.folder / f"{quote(calendar, safe='')}.json"


def compute(calendar: str, first: int, last: int) -> Hours:
    """Of at least these years."""
    try:
        return compute_hours(calendar, min(first, EARLY), last)
    except ValueError:
        return compute_hours(calendar, first, last)


def _span(first: int, last: int, kept: Hours | None) -> tuple[int, int]:
    """With the years that are kept already: who asks for others in turn would have each computed every time."""
    return (min(first, kept.first), max(last, kept.last)) if kept else (first, last)


def _describe(calendar: str) -> str:
    """Whatever else than the years decides on the hours."""
    return ", ".join([f"form {FORM}", calendar, *(f"{name} {version(name)}" for name in MADE_BY)])


def _read(file: Path, made_by: str) -> Hours | None:
    """None where it is not there, made by something else, or not as it was written."""
    try:
        digest, _, text = file.read_text(encoding="utf-8").partition("\n")
        if digest != _digest(text):
            return None
        content = json.loads(text)
        return Hours(**content["hours"]) if content["made by"] == made_by else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write(file: Path, made_by: str, hours: Hours) -> None:
    """Where it cannot be kept, it is computed again the next time."""
    text = json.dumps({"made by": made_by, "hours": vars(hours)})
    beside = file.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(f"{_digest(text)}\n{text}", encoding="utf-8")
        beside.replace(file)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
