"""What a search has fitted is kept until it is registered: the next attempt registers the same weights."""

from dataclasses import replace
from pathlib import Path

import pytest

from ml_core.forecaster.files import WEIGHTS
from ml_core.forecaster.forecaster import Forecaster
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds
from tests.market import simulate_prices, small_experiment
from tuning.winner import WINNER, FitRequest, fit_or_recall, forget

EXPERIMENT = small_experiment()
WINDOWS, _ = open_windows(EXPERIMENT.spec, simulate_prices())
FINAL, OTHER, *_ = plan_folds(EXPERIMENT, WINDOWS)
ASKED = FitRequest(EXPERIMENT.spec, FINAL, version=3)


class Learner:
    """Fits, and counts how often it did."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Forecaster:
        self.times += 1
        return fit(EXPERIMENT.spec, WINDOWS, FINAL)


@pytest.fixture(scope="module")
def learned(tmp_path_factory) -> tuple[Path, Forecaster]:
    folder = tmp_path_factory.mktemp("search")
    return folder, fit_or_recall(folder, ASKED, Learner())


def test_a_second_attempt_fits_nothing_and_says_the_same(learned):
    folder, first = learned
    learner = Learner()
    again = fit_or_recall(folder, ASKED, learner)
    assert learner.times == 0
    prices = simulate_prices()
    assert again.predict(prices).equals(first.predict(prices))


@pytest.mark.parametrize(
    "other",
    [
        replace(ASKED, answer=EXPERIMENT.spec.model_copy(update={"seed": 7})),
        replace(ASKED, final=OTHER),
        replace(ASKED, version=4),
    ],
    ids=["another model", "another split", "other data"],
)
def test_where_something_else_was_asked_it_is_fitted_and_kept_instead(tmp_path, other):
    learner = Learner()
    counted = []
    for asked in (ASKED, other, other, ASKED):
        fit_or_recall(tmp_path, asked, learner)
        counted.append(learner.times)
    assert counted == [1, 2, 2, 3]


def test_what_a_kill_cut_short_or_was_registered_is_fitted_anew(tmp_path):
    learner = Learner()
    fit_or_recall(tmp_path, ASKED, learner)
    weights = tmp_path / WINNER / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:100])
    fit_or_recall(tmp_path, ASKED, learner)
    forget(tmp_path)
    assert not (tmp_path / WINNER).exists()
    fit_or_recall(tmp_path, ASKED, learner)
    assert learner.times == 3
