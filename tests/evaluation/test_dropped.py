"""What is expected of the survivors of a race comes true, though they survived by luck too."""

import numpy as np
import pytest

from ml_core.errors import NotEnoughData
from ml_core.evaluation.dropped import shrink_dropped
from ml_core.evaluation.shrinkage import shrink

DATES, CUTS = 360, (240, 120)
ERROR = 0.5 / np.sqrt(DATES)


def race(true_M: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Scores by date, those that were dropped without any before the cut; and the luck that all shared."""
    shared_T1 = rng.normal(0, 0.3, (DATES, 1))
    score_TM = true_M + shared_T1 + rng.normal(0, 0.5, (DATES, len(true_M)))
    for cut in CUTS:
        mean_M, runs_M = score_TM[cut:].mean(axis=0), ~np.isnan(score_TM[cut - 1])
        worst = mean_M[runs_M].max() - 1.3 * 0.5 * np.sqrt(2 / (DATES - cut))
        score_TM[:cut, runs_M & (mean_M < worst)] = np.nan
    return score_TM, float(shared_T1.mean())


@pytest.mark.parametrize("candidates", [30, 150])
def test_what_is_told_of_the_winner_of_a_race_comes_true_on_average(candidates):
    rng, told = np.random.default_rng(candidates), []
    for _ in range(40):
        kind_M = np.arange(candidates) % 3
        true_M = rng.normal(0, ERROR, candidates) + rng.normal(0, 0.5 * ERROR, 3)[kind_M]
        score_TM, luck = race(true_M, rng)
        whole_M = ~np.isnan(score_TM[0])
        of_all = shrink_dropped(score_TM, [str(kind) for kind in kind_M], horizon=1).again_M
        of_the_left = shrink(score_TM[:, whole_M], [str(kind) for kind in kind_M[whole_M]], horizon=1).again_M
        best = np.where(whole_M, of_all, -np.inf).argmax()
        best_of_the_left = np.flatnonzero(whole_M)[of_the_left.argmax()]
        told.append((of_all[best] - luck - true_M[best], of_the_left.max() - luck - true_M[best_of_the_left]))
    of_all, of_the_left = np.mean(told, axis=0) / ERROR
    assert abs(of_all) < 0.45
    assert of_the_left > of_all + 0.3, (
        "told by those that are left alone, the winner is expected to do too much"
    )


def test_where_nobody_was_dropped_it_says_what_is_said_otherwise():
    rng = np.random.default_rng(0)
    kinds = [str(number % 3) for number in range(30)]
    score_TM = rng.normal(0, 0.3, (DATES, 1)) + rng.normal(0, 2 * ERROR, 30) + rng.normal(0, 0.5, (DATES, 30))
    mixed, plain = (how(score_TM, kinds, horizon=1) for how in (shrink_dropped, shrink))
    assert mixed.again_M == pytest.approx(plain.again_M, abs=0.25 * ERROR)
    assert mixed.raw_M == pytest.approx(plain.raw_M)


def test_one_that_is_left_is_as_noisy_as_the_others():
    rng = np.random.default_rng(1)
    score_TM = rng.normal(0, 0.5, (DATES, 12))
    score_TM[:240, 1:] = np.nan
    shrunk = shrink_dropped(score_TM, ["one"] * 12, horizon=1)
    assert np.isfinite(shrunk.again_M).all()
    assert 0.3 * ERROR < shrunk.error_M[0] < 3 * ERROR


def test_without_anybody_who_has_seen_all_dates_nothing_is_told():
    score_TM = np.full((DATES, 2), np.nan)
    score_TM[240:] = 0.1
    with pytest.raises(NotEnoughData):
        shrink_dropped(score_TM, ["one", "one"], horizon=1)
