"""Lets one process at a time do a named piece of work in a home, by a lock file that the system frees however its
owner ends."""

import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ml_core.errors import AlreadyRunning
from ml_core.home.settings import Home

INSTANT = 0.3  # seconds: whoever only asks who holds a lock holds it himself for a moment


@dataclass(frozen=True)
class Owner:
    """Who holds a lock. A home may lie on a disk that several machines share: a number is a process of one of them.
    It is 0 in the instant between taking the lock and writing who took it."""

    pid: int
    host: str

    @property
    def here(self) -> bool:
        """Whether it can be asked to end from this machine."""
        return self.host == socket.gethostname()

    def __str__(self) -> str:
        return f"process {self.pid}" if self.here else f"process {self.pid} on {self.host}"


@contextmanager
def hold(home: Home, name: str, *, wait: float = 0.0) -> Iterator[None]:
    """Own the lock of that name while inside; one that is still taken after `wait` seconds is refused."""
    path = _path(home, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        _wait(file, name, wait)
        _write(file, _name(os.getpid()))
        try:
            yield
        finally:
            _write(file, "")


def hand_over(home: Home, name: str, start: Callable[[int], int], *, wait: float = 0.0) -> None:
    """Take the lock for a process that `start` makes, with the file of that number open in it, and whose number it
    returns. The lock is free when that process has ended, whatever becomes of this one."""
    path = _path(home, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        _wait(file, name, wait)
        _write(file, "")  # until it is known who
        _write(file, _name(start(file.fileno())))


def holder(home: Home, name: str) -> Owner | None:
    """Who owns the lock, or None where it is free."""
    path = _path(home, name)
    if not path.exists():
        return None
    with path.open() as file:  # whoever only asks may have no right to write
        return None if _take(file) else _owner(file)


def _path(home: Home, name: str) -> Path:
    return home.root / "locks" / f"{name}.lock"


def _wait(file: IO[str], name: str, seconds: float) -> None:
    deadline = time.monotonic() + max(seconds, INSTANT)
    while not _take(file):
        if time.monotonic() >= deadline:
            raise AlreadyRunning(f"{name} is running already ({_owner(file)})")
        time.sleep(0.1)


def _take(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _name(pid: int) -> str:
    return f"{pid} {socket.gethostname()}"


def _owner(file: IO[str]) -> Owner:
    file.seek(0)
    pid, _, host = file.read().strip().partition(" ")
    return Owner(int(pid or 0), host or socket.gethostname())


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()
