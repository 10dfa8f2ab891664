"""Ends what is left of a local Ray cluster when the process that opened it is killed.

Ray's node ends with that process, but two agents that watch the node then try for a minute to report its death to
nobody. The guard is a small process of its own: it waits for the end of a pipe that only a living search holds open.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROC = Path("/proc")
WAIT_AND_END = """
import os, signal, sys
sys.stdin.read()
for pid in map(int, sys.argv[1:]):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
"""


@contextmanager
def guard_agents() -> Iterator[None]:
    """For as long as the local cluster that is open now is used; nothing to do where somebody else opened it."""
    from ray._private import worker

    node = worker._global_node
    raylets = node.all_processes.get("raylet", []) if node else []
    agents = [str(pid) for one in raylets for pid in _children(one.process.pid)]
    if not agents:
        yield
        return
    guard = subprocess.Popen(
        [sys.executable, "-S", "-c", WAIT_AND_END, *agents], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        yield
    finally:
        guard.kill()
        guard.communicate()


def _children(pid: int) -> list[int]:
    """Where there is no process table to read, none."""
    children = []
    for status in PROC.glob("[0-9]*/status"):
        try:
            rows = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            name = (status.parent / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue
        if int(rows["PPid"]) == pid and b"Agent" in name:
            children.append(int(status.parent.name))
    return children
