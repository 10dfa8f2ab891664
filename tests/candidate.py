"""A candidate as a search would leave it, fitted on the last fold without one."""

import polars as pl

from ml_core.data.prices import data_version, read_prices
from ml_core.home.settings import Home
from ml_core.promotion.candidate import Candidate
from ml_core.registry.searched import Searched
from ml_core.spec.experiment import Experiment
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds


def fit_candidate(experiment: Experiment, home: Home, searched: Searched) -> Candidate:
    """The file's own model, fitted to the stored bars before the holdout; `searched` is what its evidence will say of
    the search."""
    version = data_version(experiment, home)
    prices = read_prices(experiment, home, version=version)
    windows, _ = open_windows(experiment.spec, prices)
    split = plan_folds(experiment, windows)[-1]
    forecaster = fit(experiment.spec, windows, split)
    return Candidate(forecaster, windows, prices, version, split, pl.DataFrame(), searched)
