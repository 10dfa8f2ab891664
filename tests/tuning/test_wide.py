"""A wide search tries more families and varies how a model reads; it is one by its number of trials or by the file."""

import pytest

from ml_core.spec.ranges import OneOf
from tests.market import small_experiment
from tuning.naming import digest_of
from tuning.points import complete, first_params
from tuning.space import build_space, families_of, holds, spec_of, widest_spec

READS = ("task.lookback", "features.select", "features.scaling", "training.batch")


def space_of(**search):
    experiment = small_experiment(features={"groups": ["momentum", "volatility"]}, search=search)
    return experiment, build_space(experiment)


def test_a_search_of_many_trials_is_wide_and_one_of_few_is_not():
    for search, wide in (
        ({"trials": 199}, False),
        ({"trials": 200}, True),
        ({"trials": 24, "width": "wide"}, True),
        ({"trials": 3000, "width": "narrow"}, False),
    ):
        _, space = space_of(**search)
        assert set(READS).issubset(space["lstm"]) is wide, search
        assert ("tcn" in space) is wide, search


def test_families_that_the_file_names_are_all_that_a_wide_search_tries():
    experiment, space = space_of(width="wide", families=["lstm", "ridge"])
    assert families_of(experiment.search) == tuple(space) == ("lstm", "ridge")


def test_a_baseline_reads_other_features_too_but_has_no_batch_and_no_window():
    _, space = space_of(width="wide")
    assert {"features.select", "features.scaling"} <= set(space["ridge"])
    assert not {key for key in space["ridge"] if key.startswith(("training.", "task."))}


@pytest.mark.parametrize(("lookback", "tried"), [(60, (15, 30, 60)), (8, (4, 8))])
def test_a_look_back_is_never_longer_than_the_files(lookback, tried):
    experiment = small_experiment(task={"lookback": lookback, "horizons": [1]}, search={"width": "wide"})
    space = build_space(experiment)
    assert set(space["lstm"]["task.lookback"].values) == set(tried)
    assert widest_spec(experiment, space).reading.lookback == lookback


def test_what_the_file_says_is_tried_first_and_is_among_the_choices():
    experiment = small_experiment(
        features={"groups": ["momentum"], "select": 7}, training={"batch": 16}, search={"width": "wide"}
    )
    space = build_space(experiment)
    assert space["lstm"]["training.batch"] == OneOf(16, 32, 64, 128)
    first = first_params(experiment, space)[0]
    assert (first["features.select"], first["training.batch"]) == (7, 16)
    spec = spec_of(experiment, {**first, "features.scaling": "quantile"})
    assert (spec.reading.features.select, spec.reading.features.scaling) == (7, "quantile")


def test_features_that_are_named_one_by_one_are_all_kept():
    experiment = small_experiment(features={"names": ["momentum_1"]}, search={"width": "wide"})
    assert "features.select" not in build_space(experiment)["lstm"]


def test_a_wide_search_has_a_ledger_of_its_own_and_tries_what_a_narrow_one_found():
    narrow, small = space_of(trials=24)
    wide, large = space_of(trials=200)
    assert digest_of(narrow) == digest_of(space_of(trials=199)[0]) != digest_of(wide)
    assert digest_of(wide) == digest_of(space_of(trials=24, width="wide")[0])
    found = first_params(narrow, small)[0]
    assert not holds(large, found)
    whole = complete(wide, large, found)
    assert holds(large, whole)
    assert spec_of(wide, whole) == spec_of(narrow, found)
