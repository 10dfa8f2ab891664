"""A candidate as a search would leave it, fitted on the last fold without one."""

import polars as pl

from ml_core.promotion.candidate import Candidate
from ml_core.registry.searched import Searched
from ml_core.spec.experiment import Experiment
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds


def fit_candidate(experiment: Experiment, prices: pl.DataFrame, searched: Searched) -> Candidate:
    """The file's own model, fitted before the holdout; `searched` is what its evidence will say of the search."""
    windows, _ = open_windows(experiment.spec, prices)
    split = plan_folds(experiment, windows)[-1]
    return Candidate(fit(experiment.spec, windows, split), windows, prices, split, pl.DataFrame(), searched)
