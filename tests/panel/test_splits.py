"""Walk-forward splits over any lengths: no label crosses into a later part, every session is tested once."""

import datetime as dt
import re
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.panel.splits import Split, holdout, walk_forward
from ml_core.spec.experiment import Validation

START = dt.date(2020, 1, 1)


def days(count: int) -> list[dt.date]:
    return [START + dt.timedelta(days=number) for number in range(count)]


def at_day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def at(date: dt.date) -> int:
    return (date - START).days


@st.composite
def cases(draw) -> tuple[list[dt.date], Validation, int]:
    """Sessions, lengths and the longest horizon, with room for at least one fold."""
    horizon, embargo = draw(st.integers(1, 12)), draw(st.integers(0, 6))
    validation = Validation(
        train=draw(st.integers(30, 90)),
        test=draw(st.integers(1, 30)),
        expanding=draw(st.booleans()),
        embargo=embargo,
        folds=draw(st.one_of(st.none(), st.integers(1, 5))),
        holdout=draw(st.one_of(st.just(0), st.integers(1, 40))),
        early_stopping=draw(st.sampled_from([0.1, 0.2, 0.3])),
    )
    gap = horizon + embargo
    assume(validation.train * (1 - validation.early_stopping) - gap > 4)
    least = validation.train + 2 * gap + validation.test + validation.holdout
    return days(least + draw(st.integers(0, 200))), validation, horizon


def split_all(sessions, validation: Validation, horizon: int) -> tuple[list[Split], list[Split]]:
    folds = walk_forward(sessions, validation, horizon=horizon)
    last = [holdout(sessions, validation, horizon=horizon, fold=len(folds))] if validation.holdout else []
    return folds, last


@given(cases())
@settings(max_examples=150, deadline=None)
def test_no_label_of_a_part_reaches_a_later_part(case):
    sessions, validation, horizon = case
    folds, last = split_all(*case)
    for split in folds + last:
        parts = (split.train, split.validation, split.test)
        assert all(part.start <= part.end for part in parts)
        assert at(split.train.end) + horizon + validation.embargo < at(split.validation.start)
        assert at(split.validation.end) + horizon + validation.embargo < at(split.test.start)
    for split in folds:
        for final in last:
            assert at(split.test.end) + horizon + validation.embargo < at(final.test.start)
            assert at(final.test.end) == len(sessions) - 1
            assert at(final.test.end) - at(final.test.start) + 1 == validation.holdout


@given(cases())
@settings(max_examples=150, deadline=None)
def test_test_spans_follow_each_other_without_gap_or_overlap(case):
    sessions, validation, horizon = case
    folds, last = split_all(*case)
    assert [split.fold for split in folds + last] == list(range(len(folds) + len(last)))
    assert [split.name for split in folds + last] == ["test"] * len(folds) + ["holdout"] * len(last)
    tested = [day for split in folds for day in range(at(split.test.start), at(split.test.end) + 1)]
    end = len(sessions) - validation.holdout - (horizon + validation.embargo if validation.holdout else 0)
    assert tested == list(range(tested[0], end))
    assert len(tested) == len(folds) * validation.test
    assert validation.folds is None or len(folds) <= validation.folds
    if validation.folds is None:
        assert tested[0] < validation.train + horizon + validation.embargo + validation.test


@given(cases())
@settings(max_examples=60, deadline=None)
def test_training_reaches_back_as_asked(case):
    _, validation, horizon = case
    folds, last = split_all(*case)
    for split in folds + last:
        learned = at(split.test.start) - horizon - validation.embargo - at(split.train.start)
        if validation.expanding:
            assert at(split.train.start) == 0
            assert learned >= validation.train
        else:
            assert learned == validation.train


@pytest.mark.parametrize("count", [0, 1, 30, 99])
def test_too_few_sessions_for_a_fold_are_told_in_numbers(count):
    validation = Validation(train=60, test=20, holdout=15)
    with pytest.raises(NotEnoughData) as told:
        walk_forward(days(count), validation, horizon=3)
    said = [int(number) for number in re.findall(r"\d+", str(told.value))]
    assert said[:5] == [count, 60, 20, 15, 3]
    needed = said[-1]
    assert walk_forward(days(needed), validation, horizon=3)
    with pytest.raises(NotEnoughData):
        walk_forward(days(needed - 1), validation, horizon=3)


def test_too_few_sessions_for_the_holdout_are_told_in_numbers():
    validation = Validation(train=60, test=20, holdout=15)
    with pytest.raises(NotEnoughData, match=r"70 usable sessions.*holdout 15.*gap 3.*train 60 need 78"):
        holdout(days(70), validation, horizon=3)
    assert holdout(days(78), validation, horizon=3)


def test_a_training_stretch_that_its_own_gaps_eat_up_is_refused():
    with pytest.raises(NotEnoughData, match=r"validation.train 20 leaves nothing to train on.*gap of 30"):
        walk_forward(days(300), Validation(train=20, test=10, holdout=0), horizon=30)


def test_a_share_is_of_all_sessions_and_a_date_begins_the_holdout():
    counted = Validation(train=60, test=20, holdout=40)
    for told in (
        Validation(train=0.3, test=0.1, holdout=0.2),
        Validation(train=60, test=0.1, holdout=at_day(160)),
        Validation.model_validate({"train": "0.3", "test": 20, "holdout": str(at_day(160))}),
    ):
        assert split_all(days(200), told, 3) == split_all(days(200), counted, 3)
    sessions = [day for day in days(200) if day != at_day(160)]
    late = Validation(train=60, test=20, holdout=at_day(160))
    assert holdout(sessions, late, horizon=3).test.start == at_day(161)


def test_a_date_that_no_session_follows_or_precedes_is_refused_by_its_key():
    for date in (START, at_day(500)):
        with pytest.raises(NotEnoughData, match=rf"validation.holdout {date}: expected a date among"):
            walk_forward(days(200), Validation(train=60, test=20, holdout=date), horizon=3)


def test_a_step_shorter_than_a_share_is_refused_when_its_sessions_are_known():
    with pytest.raises(
        InvalidInput, match=r"validation.step 10 is shorter than validation.test 0.1, 20 of 200"
    ):
        walk_forward(days(200), Validation(train=60, test=0.1, step=10, holdout=0), horizon=3)


def test_a_step_shorter_than_the_test_span_would_score_sessions_twice_and_is_refused():
    with pytest.raises(ValueError, match="step 10 is shorter than test 20"):
        Validation(train=60, test=20, step=10)


def test_a_step_longer_than_the_test_span_leaves_sessions_out_as_asked():
    folds = walk_forward(days(300), Validation(train=60, test=20, step=30, holdout=0), horizon=3)
    starts = [at(split.test.start) for split in folds]
    assert {b - a for a, b in pairwise(starts)} == {30}
