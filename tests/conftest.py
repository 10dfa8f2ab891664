"""What all tests share: one thread a process, homes that are ready, a Ray cluster for those that search."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from ml_core.home.settings import Home, open_home
from tests.rooms import ByRoom

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Small networks and small tables are faster on one thread, and tests run beside others. Processes that tests start
# inherit it for networks; of tables they are left to use several, as they do where they are installed.
os.environ.setdefault("OMP_NUM_THREADS", "1")
if "POLARS_MAX_THREADS" not in os.environ:
    os.environ["POLARS_MAX_THREADS"] = "1"
    import polars as pl

    assert pl.thread_pool_size() == 1
    del os.environ["POLARS_MAX_THREADS"]

# Each process of the suite has clusters of its own: a search joins the one that it finds running on this machine.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["RAY_TMPDIR"] = f"/tmp/ray-{worker}"  # short: a socket's path may have a hundred characters

# Whoever runs the suite in the background leaves Ctrl-C ignored, and what tests start would inherit it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("untimed", deadline=None)  # a busy core makes no example wrong
settings.load_profile("untimed")


@pytest.hookimpl(optionalhook=True)  # xdist's, where a run asks for several processes
def pytest_xdist_make_scheduler(config, log):
    return ByRoom(config, log)


@pytest.fixture(scope="session")
def new_home(tmp_path_factory) -> Callable[[], Home]:
    """Makes empty homes whose MLflow database is migrated already, which takes seconds and is done once."""
    from ml_core.registry.tracking import connect

    first = open_home(tmp_path_factory.mktemp("first"))
    connect(first)

    def make() -> Home:
        home = open_home(tmp_path_factory.mktemp("home"))
        shutil.copy(first.root / "mlflow.db", home.root / "mlflow.db")
        return home

    return make


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[str]:
    """A local cluster of two processors, ended with the session: searches in this process use it. Its address is the
    RAY_ADDRESS of another process that would else start one of its own, which takes seconds."""
    from tuning.cluster import QUIET, WORKER_ENVIRONMENT

    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": WORKER_ENVIRONMENT},
    )
    yield ray.get_runtime_context().gcs_address
    ray.shutdown()


@pytest.fixture(scope="session")
def chromium() -> str:
    """A Chromium on the path. Without one the app has not been looked at, so the test fails and says what to
    install."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail(
            "no Chromium on the path: install it (Debian: apt-get install chromium; macOS: brew install chromium) "
            "or leave out the tests that look at pages: pytest --ignore tests/serving/test_browser.py --ignore "
            "tests/serving/test_working.py --ignore "
            "tests/reporting/test_document.py",
            pytrace=False,
        )
    return found
