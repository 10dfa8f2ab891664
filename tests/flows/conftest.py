"""A real stack for the tests of this folder: server, worker and deployments as processes, started once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ml_core.home.settings import open_home
from tests.flows.running_stack import Running, free_ports


@pytest.fixture(scope="session")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two simulated tickers, a few hundred sessions: small enough to refresh in a second."""
    path = tmp_path_factory.mktemp("experiment") / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="session")
def stack(experiment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = open_home(tmp_path_factory.mktemp("home"))
    running = Running(experiment, home, free_ports())
    try:
        running.start()
        yield running
    finally:
        running.stop()


TINY = """
name = "tiny"

[universe]
tickers = ["AAA", "BBB", "CCC"]

[data]
source = "simulated"

[data.simulated]
sessions = 300

[task]
lookback = 8

[features]
groups = ["momentum"]

[training]
epochs = 1

[search]
families = ["lstm"]
trials = 2

[validation]
folds = 1
train = 120
test = 20
holdout = 20
"""
