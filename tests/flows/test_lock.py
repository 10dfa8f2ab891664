"""The lock of a home: one owner at a time, named to who comes second, free again however its owner ends."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from flows.stack.stack import down
from ml_core.errors import AlreadyRunning
from ml_core.home.lock import Owner, hold, holder
from ml_core.home.settings import Home, open_home

KILLS = int(os.environ.get("CANDORCAST_KILLS", "20"))
OWNER = """
import socket, sys, time
from pathlib import Path
from ml_core.home.lock import hold
from ml_core.home.settings import open_home
if len(sys.argv) > 2:  # as on another machine that shares the disk
    socket.gethostname = lambda: sys.argv[2]
with hold(open_home(Path(sys.argv[1])), sys.argv[3] if len(sys.argv) > 3 else "refresh-demo"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path)


def start(home: Home, *host: str) -> subprocess.Popen:
    """Another process that owns the lock, as on this machine or on another one of that name."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(home.root), *host], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"held\n"
    return owner


def kill(owner: subprocess.Popen) -> None:
    owner.send_signal(signal.SIGKILL)
    owner.communicate()


def test_a_lock_that_another_process_holds_names_its_owner_and_frees_when_it_is_killed(home: Home) -> None:
    owner = start(home)
    try:
        assert holder(home, "refresh-demo") == Owner(owner.pid, socket.gethostname())
        with pytest.raises(AlreadyRunning, match=f"refresh-demo is running already .process {owner.pid}."):
            hold(home, "refresh-demo").__enter__()
    finally:
        kill(owner)
    assert holder(home, "refresh-demo") is None
    with hold(home, "refresh-demo"):
        assert holder(home, "refresh-demo") == Owner(os.getpid(), socket.gethostname())


@pytest.mark.parametrize("turn", range(max(1, KILLS // 10)))
def test_of_two_hosts_with_one_home_one_works_at_a_time_and_the_other_is_told_who(
    home: Home, turn: int
) -> None:
    name = f"desk-{turn}"
    elsewhere = start(home, name)
    try:
        with pytest.raises(AlreadyRunning, match=f"running already .process {elsewhere.pid} on {name}."):
            hold(home, "refresh-demo").__enter__()
        owner = holder(home, "refresh-demo")
        assert owner is not None
        assert not owner.here
    finally:
        kill(elsewhere)
    here = start(home)
    try:
        assert holder(home, "refresh-demo") == Owner(here.pid, socket.gethostname())
    finally:
        kill(here)


def test_a_stack_on_another_host_is_not_ended_from_here(home: Home) -> None:
    """The number of its process is that of a stranger on this machine."""
    elsewhere = start(home, "desk", "stack")
    try:
        with pytest.raises(AlreadyRunning, match=r"runs elsewhere .process .* on desk.: end it there"):
            down(home)
        assert elsewhere.poll() is None
    finally:
        kill(elsewhere)


def test_locks_of_different_names_do_not_exclude_each_other(home: Home) -> None:
    with hold(home, "refresh-demo"), hold(home, "search-demo"):
        here = Owner(os.getpid(), socket.gethostname())
        assert holder(home, "refresh-demo") == holder(home, "search-demo") == here


def test_a_lock_is_free_again_after_an_error_inside(home: Home) -> None:
    with pytest.raises(ValueError), hold(home, "predict-demo"):
        raise ValueError
    assert holder(home, "predict-demo") is None
