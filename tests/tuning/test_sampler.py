"""The sampler of a search of any length: it keeps what was best, and takes no longer after thousands of trials."""

import random

import pytest

from tests.market import small_experiment
from tuning.pruner import Lenient
from tuning.quasi_random import quasi_random_params
from tuning.sampler import BEST, MOST, OTHERS, OptunaSampler, _choose
from tuning.space import build_space

EXPERIMENT = small_experiment(search={"families": ["lstm"], "sampler": "random"})
SPACE = build_space(EXPERIMENT)
LAG = 4


@pytest.fixture
def sampler():
    return OptunaSampler(EXPERIMENT.search, SPACE, queue=[], known=[], pruner=Lenient(), lag=LAG)


def known_scores(sampler: OptunaSampler) -> list[float]:
    return sorted(
        trial.value for trial in sampler._study.get_trials(deepcopy=False) if trial.value is not None
    )


def test_a_study_stays_small_and_keeps_the_best_of_all(sampler):
    for number in range(3 * MOST):
        sampler.suggest(str(number))
        sampler.on_trial_complete(str(number), {"best": float(-number)})
        assert len(sampler._study.get_trials(deepcopy=False)) <= MOST
    assert known_scores(sampler)[-BEST:] == [float(-number) for number in reversed(range(BEST))]


def test_a_trial_that_was_asked_for_before_the_study_made_room_is_told_when_it_ends(sampler):
    for number in range(MOST - 2):
        sampler.suggest(str(number))
        sampler.on_trial_complete(str(number), {"best": float(-number)})
    params = sampler.suggest("slow")
    sampler.on_trial_complete("slow", {"best": 7.0})
    for number in range(MOST, MOST + LAG):
        sampler.suggest(str(number))
        sampler.on_trial_complete(str(number), {"best": float(-number)})
    (best,) = [trial for trial in sampler._study.get_trials(deepcopy=False) if trial.value == 7.0]
    assert best.params["training.learning_rate"] == params["training.learning_rate"]


def test_of_many_trials_the_best_are_chosen_and_others_by_lot_in_their_order():
    scores = [float(number % 1000) for number in range(5000)]
    chosen = _choose(list(range(5000)), lambda place: scores[place], random.Random(0))
    assert len(chosen) == BEST + OTHERS
    assert chosen == sorted(chosen)
    assert sum(scores[place] >= 990 for place in chosen) >= BEST
    assert min(scores[place] for place in chosen) < 100


def test_points_that_are_given_come_first_and_in_their_order():
    queue = quasi_random_params(SPACE, 4, seed=0)
    sampler = OptunaSampler(EXPERIMENT.search, SPACE, queue=queue, known=[], pruner=Lenient(), lag=LAG)
    assert [sampler.suggest(str(number)) for number in range(4)] == queue
