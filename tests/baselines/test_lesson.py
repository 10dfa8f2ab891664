"""What a rival may learn from beyond the training dates: what was known before the first test date, and no more."""

from dataclasses import replace

import numpy as np
import pytest

from ml_core.baselines import Lesson
from ml_core.panel.splits import combinatorial, holdout, walk_forward
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Validation
from tests.baselines.rows import LOOKBACK, windows_of

HORIZONS = (1, 5)
VALIDATION = Validation(train=120, test=40, holdout=60, embargo=3, groups=5, test_groups=2)


def panel() -> Windows:
    return windows_of(np.random.default_rng(0).normal(0, 0.01, (400, 2)), horizons=HORIZONS)


def lessons(scheme) -> list[tuple[Lesson, Lesson]]:
    """A model's lesson and a rival's, of each split."""
    windows = panel()
    splits = scheme(windows.usable_sessions(LOOKBACK), VALIDATION, horizon=HORIZONS[-1])
    own = [Lesson(windows, split, LOOKBACK, windows.features) for split in np.atleast_1d(splits)]
    return [(lesson, replace(lesson, rival=True)) for lesson in own]


@pytest.mark.parametrize("scheme", [walk_forward, combinatorial, holdout])
def test_no_outcome_that_is_learned_from_reaches_into_the_test(scheme):
    for pair in lessons(scheme):
        for lesson in pair:
            test_T = lesson.windows.rows(lesson.split.test)
            assert not (lesson.inside_T & test_T).any()
            for column, horizon in enumerate(HORIZONS):
                for session in np.flatnonzero(lesson.known_TH[:, column]):
                    assert not test_T[session : session + horizon + 1].any()


@pytest.mark.parametrize("scheme", [walk_forward, holdout])
def test_walking_forward_a_rival_learns_all_that_ended_before_the_first_test_date(scheme):
    for _, rival in lessons(scheme):
        test = int(np.argmax(rival.windows.rows(rival.split.test)))
        assert np.flatnonzero(rival.inside_T)[-1] == test - 1
        for column, horizon in enumerate(HORIZONS):
            assert np.flatnonzero(rival.known_TH[:, column])[-1] == test - 1 - horizon


@pytest.mark.parametrize("scheme", [walk_forward, combinatorial, holdout])
def test_a_model_learns_from_training_dates_only_and_a_rival_from_these_too(scheme):
    for own, rival in lessons(scheme):
        train_T = own.windows.rows(own.split.train)
        assert np.array_equal(own.inside_T, train_T)
        assert (own.known_TH == train_T[:, None]).all()
        watch_T = own.windows.rows(own.split.validation)
        assert rival.inside_T[train_T | watch_T].all()
        assert rival.known_TH[train_T | watch_T].all()
