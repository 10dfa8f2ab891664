"""Lets one process at a time do a named piece of work in a home, by a lock file that the system frees however its
owner ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ml_core.errors import AlreadyRunning
from ml_core.home.settings import Home


@contextmanager
def hold(home: Home, name: str, *, wait: float = 0.0) -> Iterator[None]:
    """Own the lock of that name while inside; one that is still taken after `wait` seconds is refused."""
    path = _path(home, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        deadline = time.monotonic() + wait
        while not _take(file):
            if time.monotonic() >= deadline:
                raise AlreadyRunning(f"{name} is running already (process {_owner(file)})")
            time.sleep(0.2)
        _write(file, str(os.getpid()))
        try:
            yield
        finally:
            _write(file, "")


def holder(home: Home, name: str) -> int | None:
    """The process that owns the lock, or None where it is free."""
    path = _path(home, name)
    if not path.exists():
        return None
    with path.open() as file:  # whoever only asks may have no right to write
        return None if _take(file) else _owner(file)


def _path(home: Home, name: str) -> Path:
    return home.root / "locks" / f"{name}.lock"


def _take(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owner(file: IO[str]) -> int:
    """0 in the instant between taking the lock and writing who took it."""
    file.seek(0)
    return int(file.read().strip() or 0)


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()
