"""What is expected of the best of many comes true, and so do the chances that are told of it."""

import numpy as np
import pytest

from ml_core.errors import NotEnoughData
from ml_core.evaluation.shrinkage import chance_better, shrink

DATES = 200
ERROR = 0.5 / np.sqrt(DATES)


def measure(rng: np.random.Generator, true_M: np.ndarray) -> np.ndarray:
    """score_TM: luck of each date that all share, and much that each has alone."""
    shared_T1 = rng.normal(0, 0.3, (DATES, 1))
    return true_M + shared_T1 + rng.normal(0, 0.5, (DATES, len(true_M)))


@pytest.mark.parametrize("apart", [1.0, 3.0])
@pytest.mark.parametrize("candidates", [6, 20])
def test_what_is_told_of_the_best_comes_true_on_average(candidates, apart):
    rng, told = np.random.default_rng(candidates), []
    for _ in range(150):
        true_M = rng.normal(0, apart * ERROR, candidates)
        score_TM = measure(rng, true_M)
        shrunk = shrink(score_TM, ["one"] * candidates, horizon=1)
        best = int(shrunk.again_M.argmax())
        if best:
            chance = chance_better(score_TM[:, best], score_TM[:, 0], shrunk.spread, horizon=1)
            told.append((chance, true_M[best] > true_M[0], shrunk.again_M[best], true_M[best]))
    chance, better, again, true = np.array(told, dtype=float).mean(axis=0)
    assert abs(chance - better) < 0.1
    assert abs(again - true) < 0.35 * ERROR


def test_where_nothing_but_luck_parts_them_the_best_is_expected_to_do_little_better_than_all():
    rng = np.random.default_rng(0)
    shrunk = [shrink(measure(rng, np.zeros(30)), ["one"] * 30, horizon=1) for _ in range(40)]
    raw = np.mean([one.raw_M.max() - one.raw_M.mean() for one in shrunk])
    again = np.mean([one.again_M.max() - one.again_M.mean() for one in shrunk])
    assert again < 0.35 * raw


def test_of_kinds_that_truly_differ_the_better_one_is_chosen_more_often_than_by_the_highest_score():
    rng, found = np.random.default_rng(2), []
    for _ in range(60):
        true_M = np.repeat([0.02, 0.0], [4, 20])
        score_TM = measure(rng, true_M)
        shrunk = shrink(score_TM, ["good"] * 4 + ["bad"] * 20, horizon=1)
        found.append((shrunk.raw_M.argmax() < 4, shrunk.again_M.argmax() < 4))
    raw, again = np.mean(found, axis=0)
    assert again > raw + 0.1


def test_one_candidate_is_expected_to_do_what_it_did():
    score_TM = measure(np.random.default_rng(0), np.array([0.1]))
    shrunk = shrink(score_TM, ["one"], horizon=1)
    assert shrunk.again_M == pytest.approx(score_TM.mean(axis=0))


def test_too_few_dates_are_refused():
    with pytest.raises(NotEnoughData, match="10 dates at horizon 1; expected at least 20"):
        shrink(np.zeros((10, 3)), ["one"] * 3, horizon=1)
