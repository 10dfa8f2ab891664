"""Combinatorial purged splits over any lengths: no label overlaps a tested one, each path has every session once."""

import datetime as dt
import math
import re
from collections import Counter
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ml_core.data.intake.refresh import refresh
from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.evaluation.paths import spread_over_paths
from ml_core.panel.splits import Span, Split, combinatorial
from ml_core.spec.experiment import Model, Validation
from ml_core.walkforward.opening import open_windows, plan_folds
from ml_core.walkforward.walk import evaluate
from tests.market import NOW, simulate_prices, small_experiment
from tuning.search import split_for_search

START = dt.date(2020, 1, 1)


def days(count: int) -> list[dt.date]:
    return [START + dt.timedelta(days=number) for number in range(count)]


def inside(span: Span) -> set[int]:
    first, last = (date.toordinal() - START.toordinal() for date in (span.start, span.end))
    held = set(range(first, last + 1))
    return held.difference(*(inside(hole) for hole in span.without))


@st.composite
def cases(draw) -> tuple[list[dt.date], Validation, int]:
    groups = draw(st.integers(3, 7))
    validation = Validation(
        scheme="combinatorial",
        groups=groups,
        test_groups=draw(st.integers(1, groups - 1)),
        embargo=draw(st.integers(0, 4)),
        holdout=draw(st.one_of(st.just(0), st.integers(1, 30))),
        early_stopping=draw(st.sampled_from([0.1, 0.2, 0.4])),
    )
    horizon = draw(st.integers(1, 6))
    gap = horizon + validation.embargo
    sessions = days(draw(st.integers(groups * 30, 400)) + validation.holdout)
    assume((len(sessions) - validation.holdout) // groups > 5 * gap)
    return sessions, validation, horizon


def cut(case) -> list[Split]:
    sessions, validation, horizon = case
    return combinatorial(sessions, validation, horizon=horizon)


@given(cases())
@settings(max_examples=120, deadline=None)
def test_no_label_of_training_or_validation_overlaps_a_tested_one(case):
    _, validation, horizon = case
    gap = horizon + validation.embargo
    for split in cut(case):
        train, watch, test = (inside(span) for span in (split.train, split.validation, split.test))
        for one, other in combinations((train, watch, test), 2):
            near = {day + shift for day in one for shift in range(-gap + 1, gap)}
            assert not near & other  # a label reaches from its session over the horizon
        assert len(train) >= 2
        assert watch == set(range(min(watch), max(watch) + 1))


@given(cases())
@settings(max_examples=120, deadline=None)
def test_what_is_left_out_is_horizon_and_embargo_on_both_sides_and_nothing_else(case):
    sessions, validation, horizon = case
    gap = horizon + validation.embargo
    end = len(sessions) - validation.holdout - (gap if validation.holdout else 0)
    for split in cut(case):
        train, watch, test = (inside(span) for span in (split.train, split.validation, split.test))
        around = {day + shift for day in test for shift in range(-gap, gap + 1)} - test
        before_watch = set(range(min(watch) - gap, min(watch)))
        left_out = set(range(end)) - train - watch - test
        assert left_out == (around | before_watch) & set(range(end))


def test_with_an_embargo_the_gap_is_so_many_sessions():
    """Sessions 0 to 79 in four groups of 20, the third tested: the gap is 2 + 3 on either side."""
    validation = Validation(scheme="combinatorial", groups=4, test_groups=1, embargo=3, holdout=0)
    split = cut((days(80), validation, 2))[2]
    learned = inside(split.train) | inside(split.validation)
    assert inside(split.test) == set(range(40, 60))
    assert max(day for day in learned if day < 40) == 40 - 5 - 1
    assert min(day for day in learned if day > 59) == 59 + 5 + 1


@given(cases())
@settings(max_examples=80, deadline=None)
def test_every_choice_of_groups_is_tested_once_and_every_path_has_each_session_once(case):
    sessions, validation, horizon = case
    splits = cut(case)
    groups, tested = validation.groups, validation.test_groups
    assert len(splits) == math.comb(groups, tested)
    assert len({split.test for split in splits}) == len(splits)
    held = Counter()
    for split in splits:
        assert inside(split.test) == set().union(*(inside(span) for _, span in split.paths))
        held.update((path, day) for path, span in split.paths for day in inside(span))
    assert set(held.values()) == {1}
    end = len(sessions) - validation.holdout - (horizon + validation.embargo if validation.holdout else 0)
    paths = math.comb(groups - 1, tested - 1)
    assert set(held) == {
        (f"path {number + 1:0{len(str(paths))}d}", day) for number in range(paths) for day in range(end)
    }


def test_too_few_sessions_are_told_in_numbers():
    validation = Validation(scheme="combinatorial", holdout=10)
    with pytest.raises(NotEnoughData, match=r"14 usable sessions are too few for 6 groups"):
        combinatorial(days(14), validation, horizon=1)
    with pytest.raises(NotEnoughData, match=r"gaps of 30 .* leave nothing to train on"):
        combinatorial(days(120), validation, horizon=30)
    with pytest.raises(ValueError, match="test_groups 6 leave nothing of 6 groups"):
        Validation(groups=6, test_groups=6)


COMBINED = small_experiment(
    model=Model(family="ridge"),
    validation={
        "scheme": "combinatorial",
        "groups": 4,
        "test_groups": 2,
        "holdout": 30,
        "baselines": ["mean"],
    },
    gate={"beat": []},
)


@pytest.fixture(scope="module")
def found():
    return evaluate(COMBINED, simulate_prices())


def test_an_evaluation_gives_scores_and_a_backtest_for_every_path_and_the_holdout(found):
    names = [f"path {number}" for number in (1, 2, 3)] + ["holdout"]
    assert sorted(found.scores["split"].unique()) == sorted(names)
    assert sorted(found.risk) == sorted(names)
    assert sorted(found.coverage["split"].unique()) == sorted(names)
    of_paths = found.forecasts.filter(pl.col("split") != "holdout")
    per_path = of_paths.group_by("split").agg(
        pl.len(), pl.struct("ticker", "as_of", "horizon").n_unique().alias("different")
    )
    assert per_path["len"].equals(per_path["different"])
    assert per_path["len"].n_unique() == 1
    assert of_paths["fold"].n_unique() == 6
    scored = found.scores.filter(pl.col("split") != "holdout")
    assert scored["zero"].is_not_null().any() and scored["mean"].is_not_null().any()


def test_the_spread_over_paths_is_that_of_their_scores(found):
    spread = spread_over_paths(found.scores, found.risk)
    ics = found.scores.filter(pl.col("split").str.starts_with("path"), metric=pl.lit("ic"), horizon=1)[
        "value"
    ].to_numpy()
    row = spread.row(by_predicate=(pl.col("measure") == "ic") & (pl.col("horizon") == 1), named=True)
    assert row["paths"] == 3
    np.testing.assert_allclose(
        [row[name] for name in ("mean", "deviation", "least", "median", "most")],
        [ics.mean(), ics.std(ddof=1), ics.min(), np.median(ics), ics.max()],
    )
    assert {"mse skill against zero", "mse skill against mean", "cumulative"} <= set(spread["measure"])


def test_a_split_with_holes_teaches_no_session_of_the_tested_groups():
    windows, _ = open_windows(COMBINED.spec, simulate_prices())
    for split in plan_folds(COMBINED, windows)[:-1]:
        assert not (windows.rows(split.train) & windows.rows(split.test)).any()
        for hole in split.train.without:
            assert not (windows.rows(split.train) & windows.rows(hole)).any()


def test_a_search_on_combinatorial_splits_is_refused_with_what_to_do(new_home):
    home = new_home()
    refresh(COMBINED, home, now=NOW)
    windows, _ = open_windows(COMBINED.spec, simulate_prices())
    with pytest.raises(InvalidInput, match=re.escape("--set validation.scheme=walk_forward")):
        split_for_search(COMBINED, windows)
