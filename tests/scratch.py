"""Where tests lay their homes: in memory, where there is room for them. Each commit of SQLite waits for a disk, and
what is checked here is what processes do, not what a disk keeps when the power goes. It is emptied at the end of a run:
who wants to look at files afterwards names a folder for them, as TMPDIR=/tmp."""

import atexit
import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")  # Linux has it
ROOM = 4 * 2**30  # bytes: several times what a run of all tests lays down


def has_room(folder: Path) -> bool:
    """Whether files may be made and run there. In a container it is often small, or nothing may be run from it."""
    return (
        folder.is_dir()
        and os.access(folder, os.W_OK)
        and not os.statvfs(folder).f_flag & os.ST_NOEXEC
        and shutil.disk_usage(folder).free >= ROOM
    )


def lay_in_memory() -> None:
    """For this process and those that it starts, which find it named; whoever names a folder himself keeps it."""
    if "TMPDIR" in os.environ or not has_room(MEMORY):
        return
    own = MEMORY / f"t{os.getpid()}"  # short: a socket's path may have a hundred characters
    own.mkdir(mode=0o755)  # PostgreSQL reaches its folder as a user of its own
    os.environ["TMPDIR"] = str(own)
    atexit.register(shutil.rmtree, own, ignore_errors=True)
