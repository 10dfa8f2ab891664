"""Who is surely worse on the same dates is dropped early, and who only may be is not."""

import datetime as dt

import numpy as np
import pytest

from ml_core.registry.trials import Trial
from tuning.race import FoldRace

DATES = [str(dt.date(2024, 1, 1) + dt.timedelta(days=day)) for day in range(360)]
STARTS = [DATES[0], DATES[120], DATES[240]]


def scored(score_T: np.ndarray, dates: list[str]) -> dict[str, float]:
    return dict(zip(dates, score_T.tolist(), strict=True))


def reports(course: FoldRace, name: str, scores: dict[str, float]) -> bool:
    """Whether it is dropped when it has these scores; it has begun before."""
    return course.drops(name, {"scores": scores})


def ended(course: FoldRace, name: str, scores: dict[str, float]) -> float | None:
    """A trial that ran through; what the sampler is told of it."""
    course.begin(name)
    reports(course, name, scores)
    return course.settle(name, {})


def is_dropped(course: FoldRace, name: str, scores: dict[str, float]) -> bool:
    """A trial that begins and reports these scores."""
    course.begin(name)
    return reports(course, name, scores)


def run_race(
    true_M: np.ndarray, rng: np.random.Generator, *, noise: float = 0.2
) -> tuple[list[bool], dict[str, dict[str, float]]]:
    """Each trial fold by fold, the newest first, until it is dropped; whether it was, and the scores it had."""
    course, dropped, left = FoldRace(1, STARTS), [], {}
    shared_T = rng.normal(0, 1, len(DATES))  # luck of a date: five times what parts two trials
    for number, true in enumerate(true_M):
        score_T, name, beaten = true + shared_T + rng.normal(0, noise, len(DATES)), str(number), False
        course.begin(name)
        for first in (240, 120, 0):
            left[name] = scored(score_T[first:], DATES[first:])
            beaten = reports(course, name, left[name])
            if beaten:
                break
        dropped.append(beaten)
        course.settle(name, {})
    return dropped, left


def test_a_trial_that_is_surely_worse_is_dropped_after_its_first_fold():
    dropped, left = run_race(np.array([0.0, -0.2, 0.05, -0.2]), np.random.default_rng(0))
    assert dropped == [False, True, False, True]
    assert [len(scores) for scores in left.values()] == [360, 120, 360, 120]


def test_of_trials_that_are_as_good_as_the_best_at_most_one_in_twenty_is_dropped_however_many_there_are():
    for races, rivals in ((60, 8), (30, 60)):
        rng = np.random.default_rng(rivals)
        rates = [np.mean(run_race(np.zeros(rivals), rng)[0][1:]) for _ in range(races)]
        assert np.mean(rates) <= 0.05 + 2 * np.std(rates) / np.sqrt(races)
        assert np.mean(rates) < 0.09


def test_the_best_of_all_is_seldom_dropped_and_most_of_the_worst_are():
    rng, lost, saved = np.random.default_rng(2), 0, []
    for _ in range(60):
        true_M = rng.normal(0, 0.05, 12)
        dropped = run_race(true_M, rng)[0]
        lost += dropped[int(true_M.argmax())]
        saved += [one for one, true in zip(dropped[1:], true_M[1:], strict=True) if true < true_M.max() - 0.1]
    assert lost <= 3
    assert np.mean(saved) > 0.7


def test_the_defaults_run_through_however_bad_they_are():
    dropped, _ = run_race(np.array([-1.0, 0.0, 0.0, -1.0]), np.random.default_rng(5))
    assert dropped == [False, False, False, True]


def test_a_trial_faces_those_that_were_settled_when_it_began_and_no_later_one():
    course, rng = FoldRace(1, STARTS), np.random.default_rng(7)
    course.begin("slow")
    ended(course, "good", scored(rng.normal(1, 0.1, 360), DATES))
    assert not reports(course, "slow", scored(rng.normal(0, 0.1, 120), DATES[240:]))
    assert is_dropped(course, "later", scored(rng.normal(0, 0.1, 120), DATES[240:]))


def test_nobody_is_compared_on_the_dates_that_made_the_other_look_best():
    course, rng = FoldRace(1, STARTS), np.random.default_rng(6)
    for name, newest, others in (("lucky", 0.3, -0.05), ("good", 0.0, 0.05)):
        level_T = np.where(np.arange(360) < 240, others, newest)
        ended(course, name, scored(level_T + rng.normal(0, 0.01, 360), DATES))
    assert not is_dropped(course, "new", scored(rng.normal(0.1, 0.01, 120), DATES[240:]))


def test_too_few_dates_drop_nobody():
    course = FoldRace(1, [DATES[0], DATES[350]])
    for name, score in (("first", 0.0), ("good", 1.0)):
        ended(course, name, scored(score + np.arange(360) / 1e3, DATES))
    assert not is_dropped(course, "bad", scored(-1.0 + np.arange(10) / 1e3, DATES[350:]))


def test_a_trial_of_a_search_that_goes_on_faces_those_that_ended_before():
    rng = np.random.default_rng(3)
    before = Trial(
        "old", {"family": "lstm"}, "finished", result={"scores": scored(rng.normal(1, 0.1, 360), DATES)}
    )
    course = FoldRace(1, STARTS, [before])
    assert is_dropped(course, "new", scored(rng.normal(0, 0.1, 120), DATES[240:]))


def test_scores_on_different_folds_compare_through_the_first_trial_of_all():
    course, rng = FoldRace(1, STARTS), np.random.default_rng(4)
    hard_T = np.where(np.arange(360) < 240, -1.0, 0.0)  # the older folds are the harder ones
    gains = [
        ended(course, "first", scored(hard_T + rng.normal(0, 0.01, 360), DATES)),
        ended(course, "better", scored(hard_T + 0.5 + rng.normal(0, 0.01, 360), DATES)),
        ended(course, "dropped", scored(-0.2 + hard_T[240:] + rng.normal(0, 0.01, 120), DATES[240:])),
    ]
    assert gains == pytest.approx([0.0, 0.5, -0.2], abs=0.01)
    assert ended(course, "said nothing", {}) is None


def test_the_defaults_run_through_though_an_earlier_run_ended_better_trials_before_them():
    rng = np.random.default_rng(5)
    score_T, worse_T = rng.normal(0.3, 0.1, len(DATES)), rng.normal(-0.3, 0.1, len(DATES))
    result = {"test_score": 0.3, "scores": scored(score_T, DATES)}
    known = [Trial("better", {"family": "lstm"}, "finished", result=result)]
    course = FoldRace(1, STARTS, known, spared=True)
    assert not is_dropped(course, "the defaults", scored(worse_T[240:], DATES[240:]))
    assert is_dropped(course, "another", scored(worse_T[240:], DATES[240:]))
