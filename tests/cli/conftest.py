"""An experiment's file and a home with its bars, for all tests of the command line; and one with a champion."""

from pathlib import Path

import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.home.settings import open_home
from ml_core.promotion.judge import promote_candidate
from ml_core.registry.searched import Searched
from ml_core.registry.versions import Registry
from tests.candidate import fit_candidate
from tests.market import NOW, small_experiment, write_experiment


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> str:
    return str(write_experiment(tmp_path_factory.mktemp("experiment")))


@pytest.fixture(scope="module")
def home(new_home) -> str:
    """A home with bars and no champion."""
    made = new_home()
    refresh(small_experiment(), made, now=NOW)
    return str(made.root)


@pytest.fixture(scope="module")
def champion(home) -> str:
    """The home with a champion, as a search would leave it."""
    experiment, opened = small_experiment(), open_home(Path(home))
    candidate = fit_candidate(experiment, opened, Searched(trials=7))
    version = promote_candidate(experiment, opened, candidate, now=NOW).version
    Registry(opened).promote(experiment.model_name, version.version)
    return home
