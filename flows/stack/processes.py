"""Starts each process of the local stack in a session of its own with a log file, and ends it together with its
children."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

MARK, WORKER = "CANDORCAST_STACK", "CANDORCAST_WORKER"  # of a whole stack; of one start of its worker
PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """One row of the system's process table."""

    pid: int
    parent: int
    session: int
    marked: bool


def start(
    command: Iterable[str], *, environment: dict[str, str], log: Path, cwd: Path, files: Sequence[int] = ()
) -> subprocess.Popen:
    """The command in a session of its own, so that a Ctrl-C of the terminal reaches the supervisor only. `files`: those
    that stay open in it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=files,
        )


def tail(log: Path, *, lines: int = 15) -> str:
    """The last lines of a log, indented; an absent log is an empty one."""
    if not log.exists():
        return ""
    text = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"    {line}" for line in text[-lines:])


def family(mark: str, name: str = MARK) -> set[int]:
    """Every living process that carries the mark or stems from one that does, wherever it moved itself to.

    The mark is inherited through the environment, so that a flow run is found although its worker gave it
    a session of its own and died. A process number alone may belong to someone else by now. `name`: the variable
    that holds the mark.
    """
    table = [row for row in _processes(f"{name}={mark}") if row.pid != os.getpid()]
    pids = {row.pid for row in table if row.marked}
    while more := {row.pid for row in table if row.parent in pids or row.session in pids} - pids:
        pids |= more
    return pids


def descendants(pid: int) -> set[int]:
    """The living processes below that one."""
    table = _processes("")
    pids = {pid}
    while more := {row.pid for row in table if row.parent in pids} - pids:
        pids |= more
    return pids - {pid}


def end(pids: Iterable[int], *, grace: float) -> set[int]:
    """Ask each to end, wait, then end it; what is still there is returned."""
    left = send(pids, signal.SIGTERM)
    left = wait_gone(left, timeout=grace)
    return wait_gone(send(left, signal.SIGKILL), timeout=5.0) if left else left


def send(pids: Iterable[int], number: signal.Signals) -> set[int]:
    """Signal each process; those that are gone already are left out of the answer."""
    reached = set()
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue
        reached.add(pid)
    return reached


def wait_gone(pids: Iterable[int], *, timeout: float) -> set[int]:
    """Those that still live when all have gone or the time is over."""
    deadline = time.monotonic() + timeout
    while (left := {pid for pid in pids if is_alive(pid)}) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def is_alive(pid: int) -> bool:
    """Whether it runs; one that has ended and waits for its parent to notice does not."""
    if PROC.is_dir():
        return _from_proc(pid, b"") is not None
    return any(row.pid == pid for row in _from_ps(""))


def _processes(entry: str) -> list[Process]:
    """`entry`: what the environment of a marked one holds, as NAME=mark."""
    if not PROC.is_dir():
        return _from_ps(entry)
    rows = (_from_proc(int(path.name), entry.encode()) for path in PROC.iterdir() if path.name.isdigit())
    return [row for row in rows if row is not None]


def _from_proc(pid: int, entry: bytes) -> Process | None:
    """None for a process that has ended, even if its parent has not noticed."""
    try:
        _, _, fields = (PROC / str(pid) / "stat").read_text().rpartition(")")
    except OSError:
        return None
    state, parent, _, session = fields.split()[:4]
    if state in "ZX":
        return None
    return Process(pid, int(parent), int(session), bool(entry) and entry in _environment(pid))


def _environment(pid: int) -> list[bytes]:
    """Nothing for a process of another user, which is none of ours."""
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _from_ps(entry: str) -> list[Process]:
    """Where there is no /proc: environments follow the commands, and the group stands for the session."""
    flags = "-axwwE" if sys.platform == "darwin" else "axeww"
    command = ["ps", flags, "-o", "pid=,ppid=,pgid=,stat=,command="]
    listing = subprocess.run(command, capture_output=True, text=True, errors="replace", check=True).stdout
    rows = (line.split(maxsplit=4) for line in listing.splitlines())
    return [
        Process(int(pid), int(parent), int(group), bool(entry) and f"{entry} " in f"{' '.join(text)} ")
        for pid, parent, group, state, *text in rows
        if not state.startswith("Z")
    ]
