"""Who is surely worse on the same dates is dropped early, and who only may be is not."""

import datetime as dt

import numpy as np

from ml_core.registry.trials import Trial
from tuning.race import Course

DATES = [str(dt.date(2024, 1, 1) + dt.timedelta(days=day)) for day in range(240)]


def scored(score_T: np.ndarray, dates: list[str]) -> dict[str, float]:
    return dict(zip(dates, score_T.tolist(), strict=True))


def run_race(
    true_M: np.ndarray, rng: np.random.Generator, *, noise: float = 0.2
) -> tuple[Course, list[bool]]:
    """Each trial on the newer half of the dates, and on all of them if it was not dropped."""
    course, dropped = Course(1), []
    shared_T = rng.normal(0, 1, len(DATES))  # luck of a date: five times what parts two trials
    for number, true in enumerate(true_M):
        score_T = true + shared_T + rng.normal(0, noise, len(DATES))
        course.hear(str(number), scored(score_T[120:], DATES[120:]))
        dropped.append(course.is_beaten(str(number)))
        if not dropped[-1]:
            course.hear(str(number), scored(score_T, DATES))
    return course, dropped


def test_a_trial_that_is_surely_worse_is_dropped_after_its_first_fold():
    _, dropped = run_race(np.array([0.0, -0.2, 0.05, -0.2]), np.random.default_rng(0))
    assert dropped == [False, True, False, True]


def test_of_trials_that_are_all_alike_few_are_dropped():
    rng = np.random.default_rng(1)
    dropped = [one for _ in range(30) for one in run_race(np.zeros(6), rng)[1][1:]]
    assert np.mean(dropped) < 0.25  # the best of several was lucky: more than 5 %


def test_the_best_of_all_is_seldom_dropped():
    rng, lost = np.random.default_rng(2), 0
    for _ in range(60):
        true_M = rng.normal(0, 0.05, 12)
        lost += run_race(true_M, rng)[1][int(true_M.argmax())]
    assert lost <= 3


def test_too_few_dates_drop_nobody():
    course = Course(1)
    for name, score in (("good", 1.0), ("bad", -1.0)):
        course.hear(name, scored(score + np.arange(10) / 1e3, DATES[:10]))
    assert not course.is_beaten("bad")


def test_a_trial_of_a_search_that_goes_on_faces_those_that_ended_before():
    rng = np.random.default_rng(3)
    before = Trial(
        "old", {"family": "lstm"}, "finished", result={"scores": scored(rng.normal(1, 0.1, 240), DATES)}
    )
    course = Course(1, [before])
    course.hear("new", scored(rng.normal(0, 0.1, 120), DATES[120:]))
    assert course.is_beaten("new")


def test_scores_on_different_folds_compare_through_the_first_trial_of_all():
    course, rng = Course(1), np.random.default_rng(4)
    hard_T = np.where(np.arange(240) < 120, -1.0, 0.0)  # the older fold is the harder one
    course.hear("first", scored(hard_T + rng.normal(0, 0.01, 240), DATES))
    course.hear("better", scored(hard_T + 0.5 + rng.normal(0, 0.01, 240), DATES))
    course.hear("dropped", scored(-0.2 + hard_T[120:] + rng.normal(0, 0.01, 120), DATES[120:]))
    gains = [course.gain(name) for name in ("first", "better", "dropped")]
    assert np.allclose(gains, [0.0, 0.5, -0.2], atol=0.01)
    assert course.gain("unknown") is None
