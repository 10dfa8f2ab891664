"""An experiment's file and a home with its bars, for all tests of the command line; and one with a champion."""

from pathlib import Path

import polars as pl
import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import read_prices
from ml_core.home.settings import open_home
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.judge import promote_candidate
from ml_core.registry.searched import Searched
from ml_core.registry.versions import Registry
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds
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
    prices = read_prices(experiment, opened)
    windows, _ = open_windows(experiment.spec, prices)
    split = plan_folds(experiment, windows)[-1]
    forecaster = fit(experiment.spec, windows, split)
    candidate = Candidate(forecaster, windows, prices, split, pl.DataFrame(), Searched(trials=7))
    version = promote_candidate(experiment, opened, candidate, now=NOW).version
    Registry(opened).promote(experiment.model_name, version.version)
    return home
