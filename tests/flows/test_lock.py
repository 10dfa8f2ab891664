"""The lock of a home: one owner at a time, named to who comes second, free again however its owner ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ml_core.errors import AlreadyRunning
from ml_core.home.lock import hold, holder
from ml_core.home.settings import Home, open_home

OWNER = """
import sys, time
from pathlib import Path
from ml_core.home.lock import hold
from ml_core.home.settings import open_home
with hold(open_home(Path(sys.argv[1])), "refresh-demo"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path)


def test_a_lock_that_another_process_holds_names_its_owner_and_frees_when_it_is_killed(home: Home) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER, str(home.root)], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        assert holder(home, "refresh-demo") == owner.pid
        with pytest.raises(AlreadyRunning, match=f"refresh-demo is running already .process {owner.pid}."):
            hold(home, "refresh-demo").__enter__()
        owner.send_signal(signal.SIGKILL)
    assert holder(home, "refresh-demo") is None
    with hold(home, "refresh-demo"):
        assert holder(home, "refresh-demo") == os.getpid()


def test_locks_of_different_names_do_not_exclude_each_other(home: Home) -> None:
    with hold(home, "refresh-demo"), hold(home, "search-demo"):
        assert holder(home, "refresh-demo") == holder(home, "search-demo") == os.getpid()


def test_a_lock_is_free_again_after_an_error_inside(home: Home) -> None:
    with pytest.raises(ValueError), hold(home, "predict-demo"):
        raise ValueError
    assert holder(home, "predict-demo") is None
