"""A small process beside each run: starts the command, waits for it, ends it where that is asked for, and writes down
how it ended. It outlives the server, so a restarted one still learns what happened.

    python keeper.py FOLDER PATIENCE COMMAND…"""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

LOG, STARTED, ENDED, CANCEL = "log", "started.json", "ended.json", "cancel.json"
EVERY = 0.2  # seconds between two looks
INTERRUPTED, NOT_STARTED = 130, 127
ORDERS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)  # to end, each where the one before was of no use


class Keeper:
    """Of one command, which leads a group of processes of its own: all of them are ended with it. `patience`: seconds
    that it has to end by itself, then as many again before it is killed."""

    def __init__(self, folder: Path, patience: float) -> None:
        self._folder, self._patience, self._told_to_end = folder, patience, False

    def keep(self, command: Sequence[str]) -> int:
        signal.signal(signal.SIGTERM, self._note)
        signal.signal(signal.SIGINT, self._note)
        code = self._run(command)
        write_whole(self._folder / ENDED, {"code": code, "at": dt.datetime.now(dt.UTC).isoformat()})
        return code

    def _run(self, command: Sequence[str]) -> int:
        with (self._folder / LOG).open("ab") as log:
            try:
                child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                log.write(f"candorcast: {error}\n".encode())
                return NOT_STARTED
        write_whole(self._folder / STARTED, {"pid": child.pid, "began": began(child.pid)})
        code = self._wait(child)
        signal_group(child.pid, signal.SIGKILL)  # what it has left behind
        return code

    def _wait(self, child: subprocess.Popen) -> int:
        left, orders = 0.0, iter(ORDERS)
        while True:
            with suppress(subprocess.TimeoutExpired):
                return child.wait(EVERY)
            left -= EVERY
            if left <= 0 and (self._told_to_end or (self._folder / CANCEL).exists()):
                signal_group(child.pid, next(orders, signal.SIGKILL))
                left = self._patience

    def _note(self, _number: int, _frame: object) -> None:
        self._told_to_end = True


def write_whole(path: Path, content: dict[str, object]) -> None:
    """Whoever reads it finds all of it or nothing."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content), encoding="utf-8")
    part.replace(path)


def began(pid: int) -> str:
    """When that process began, as the system tells it; nothing where there is none. With it a number is a process: the
    number alone may be another's by now."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return "" if Path("/proc/self").exists() else _ask_ps(pid)
    return "" if fields[0] in "ZX" else f"{boot} {fields[19]}"


def signal_group(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _ask_ps(pid: int) -> str:
    """Where there is no /proc."""
    asked = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    state, _, since = subprocess.run(asked, capture_output=True, text=True).stdout.strip().partition(" ")
    return "" if state.startswith("Z") else since.strip()


if __name__ == "__main__":
    sys.exit(Keeper(Path(sys.argv[1]), float(sys.argv[2])).keep(sys.argv[3:]))
