"""A real stack for the tests of this folder: server, worker and deployments as processes, started once. Its server asks
for a secret; the one that is started again in the tests of the stack does not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ml_core.home.settings import open_home
from tests.flows.running_stack import Running, free_ports


@pytest.fixture(scope="session")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three simulated tickers, a few hundred sessions: small enough to refresh in a second."""
    path = tmp_path_factory.mktemp("experiment") / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="session")
def coins(experiment: Path) -> Path:
    """Beside it in the same stack: of a market that never closes, and weekly."""
    path = experiment.with_name("coins.toml")
    path.write_text(TINY.replace('"tiny"', '"coins"').replace(*ALWAYS_OPEN).replace(*WEEKLY).replace(*LONGER))
    return path


@pytest.fixture(scope="session")
def stack(experiment: Path, coins: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = open_home(tmp_path_factory.mktemp("home"))
    running = Running((experiment, coins), home, free_ports(), SECRET)
    try:
        running.start()
        yield running
    finally:
        running.stop()


SECRET = "desk:a long word"
ALWAYS_OPEN = ("[universe]", '[universe]\ncalendar = "24/7"')
LONGER = ("sessions = 300", "sessions = 1600")
WEEKLY = ("[task]", '[task]\nfrequency = "weekly"')
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
cpus_per_trial = 2

[validation]
folds = 1
train = 120
test = 20
holdout = 20
"""
