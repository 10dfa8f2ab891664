"""When the next request may go out: one after another, for all processes of a home, and none while Yahoo refuses."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WIDTH = 64  # always as many characters, so that what is written lies over what was there
FURTHEST = 86_400.0  # a file that says more than a day has been written by a clock that was wrong


class Pace:
    """Slots `seconds` apart. In `file`, if any, stand the next free one and until when Yahoo wants to be left alone."""

    def __init__(self, file: Path | None, seconds: float) -> None:
        self.file, self.seconds = file, seconds
        self._alone = threading.Lock()
        self._here = (0.0, 0.0)

    def book(self) -> tuple[float, bool]:
        """Seconds until the next slot, which is taken with this; and whether it is as late for a refusal's sake."""
        with self._open() as moments:
            now = time.time()
            free, refused = self._sane(moments, now)
            slot = max(now, free, refused)
            moments[:] = [slot + self.seconds, refused]
            return slot - now, refused > now

    def hold_off(self, seconds: float) -> None:
        """Nobody asks for so long; a pause of more than a day is kept as one of a day."""
        with self._open() as moments:
            now = time.time()
            free, refused = self._sane(moments, now)
            moments[:] = [free, max(refused, now + min(seconds, FURTHEST))]

    def refused_for(self) -> float:
        """Seconds for which nobody is to ask."""
        with self._open() as moments:
            now = time.time()
            return max(self._sane(moments, now)[1] - now, 0.0)

    @staticmethod
    def _sane(moments: list[float], now: float) -> tuple[float, ...]:
        return tuple(moment if moment <= now + FURTHEST else 0.0 for moment in moments)

    @contextmanager
    def _open(self) -> Iterator[list[float]]:
        """The two moments, written back if they were changed; one thread and one process at a time."""
        with self._alone:
            if self.file is None:
                moments = list(self._here)
                yield moments
                self._here = (moments[0], moments[1])
                return
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o666), "rb", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # closing the file frees it
                before = _parse(os.pread(file.fileno(), 2 * WIDTH, 0).decode(errors="replace"))
                moments = list(before)
                yield moments
                if moments != before:
                    os.pwrite(file.fileno(), " ".join(map(repr, moments)).ljust(WIDTH).encode(), 0)


def _parse(text: str) -> list[float]:
    """A process that was killed while it wrote leaves nothing readable: then everything is free."""
    try:
        free, refused = map(float, text.split())
    except ValueError:
        return [0.0, 0.0]
    return [free, refused]
