"""What a search may vary: the code's ranges, narrowed by the file, each end checked before anything runs."""

import pytest

from ml_core.errors import InvalidInput
from ml_core.features.table import chosen_names
from ml_core.registry.trials import Trial
from ml_core.spec.experiment import Features, RunSpec, Task
from ml_core.spec.ranges import LogUniform, OneOf, Uniform, parse_range
from tests.market import small_experiment
from tuning.points import first_params, grid_params
from tuning.pruner import Lenient
from tuning.sampler import OptunaSampler
from tuning.space import (
    build_space,
    contains,
    longest_lookback,
    most_epochs,
    spec_of,
    widest_spec,
)

FAMILIES = ("lstm", "attention_lstm", "transformer")


def space_of(families=FAMILIES, **ranges):
    experiment = small_experiment(search={"families": families, "ranges": ranges, "trials": 100})
    return experiment, build_space(experiment)


def test_every_family_brings_its_own_ranges_beside_those_all_share():
    _, space = space_of()
    assert tuple(space) == FAMILIES
    for family, ranges in space.items():
        assert {"training.learning_rate", "training.weight_decay", "training.loss"} <= set(ranges)
        own = {key for key in ranges if not key.startswith("training.")}
        assert own
        assert all(key.startswith(f"{family}.") for key in own)


def test_the_file_narrows_what_the_code_allows():
    _, space = space_of(
        **{"lstm.hidden": [8, 16], "training.learning_rate": {"low": 0.001, "high": 0.01, "log": True}}
    )
    assert space["lstm"]["lstm.hidden"] == OneOf(8, 16)
    assert "lstm.hidden" not in space["transformer"]
    assert all(ranges["training.learning_rate"] == LogUniform(0.001, 0.01) for ranges in space.values())


def test_the_file_may_vary_what_the_code_does_not():
    experiment, space = space_of(
        **{"task.lookback": [8, 20], "features.select": [2, 3], "training.batch": [16]}
    )
    assert longest_lookback(experiment, space) == 20
    spec = spec_of(experiment, {"family": "lstm", "task.lookback": 20, "features.select": 2})
    assert (spec.reading.lookback, spec.reading.features.select, spec.task.horizons) == (20, 2, (1, 3))
    assert longest_lookback(*space_of()) == 8


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("lstm.hiden", r"unknown key 'lstm.hiden'; did you mean 'lstm.hidden'\?"),
        ("hidden", "search.ranges: unknown key 'hidden'"),
        ("training.learningrate", r"did you mean 'training.learning_rate'\?"),
        ("gate.significance", "search.ranges: unknown key 'gate.significance'"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest(key, told):
    with pytest.raises(InvalidInput, match=told):
        space_of(**{key: [1]})


@pytest.mark.parametrize("name", Task.model_fields)
def test_what_is_asked_is_no_matter_of_a_search_which_is_told_what_is(name):
    told = rf"search.ranges: 'task.{name}' says what is asked, .* \(features.groups, .*, task.lookback\), a key of \[tr"
    with pytest.raises(InvalidInput, match=told):
        space_of(**{f"task.{name}": [getattr(Task(), name)]})


def test_a_baseline_has_no_layout_to_search():
    with pytest.raises(
        InvalidInput, match=r"search.ranges.task.layout changes nothing .* \(ridge\); leave it out"
    ):
        space_of(("ridge",), **{"task.layout": ["pooled", "joint"]})
    _, space = space_of(("lstm", "ridge"), **{"task.layout": ["pooled", "joint"]})
    assert "task.layout" in space["lstm"]
    assert "task.layout" not in space["ridge"]


@pytest.mark.parametrize(
    ("family", "key", "values"),
    [
        ("ridge", "task.lookback", [8, 16]),
        ("ewma", "features.select", [2, 3]),
        ("hist_gradient_boosting", "features.scaling", ["standard", "quantile"]),
    ],
)
def test_what_a_baseline_does_not_look_at_is_no_matter_of_its_search(family, key, values):
    with pytest.raises(InvalidInput, match=f"search.ranges.{key} changes nothing"):
        space_of((family,), **{key: values})
    _, space = space_of(("lstm", family), **{key: values})
    assert key in space["lstm"]
    assert key not in space[family]


def test_the_widest_spec_asks_for_what_any_trial_may():
    experiment, space = space_of(**{"task.lookback": [8, 20], "features.select": [2, 3]})
    assert widest_spec(experiment, space).reading == experiment.reading.model_copy(update={"lookback": 20})
    experiment, space = space_of(**{"features.groups": [["trend"], ["volume", "trend"]]})
    wide = widest_spec(experiment, space).reading.features
    assert (wide.groups, wide.names) == (("trend", "volume"), experiment.features.names)
    experiment, space = space_of(**{"features.names": [[], ["shock"]]})
    assert set(chosen_names(widest_spec(experiment, space).reading.features)) == set(chosen_names(Features()))


def test_groups_are_searched_like_any_other_choice():
    experiment, space = space_of(("lstm",), **{"features.groups": [[], ["trend"]]})
    first = first_params(experiment, space)[0]
    assert first["features.groups"] == []
    sampler = OptunaSampler(experiment.search, space, queue=[first], known=[], pruner=Lenient(), lag=9)
    drawn = [sampler.suggest(f"t{number}")["features.groups"] for number in range(8)]
    assert {str(groups) for groups in drawn} == {"[]", "['trend']"}
    assert spec_of(experiment, {"family": "lstm", "features.groups": ["trend"]}).reading.features.groups == (
        "trend",
    )


def test_a_group_that_nobody_wrote_is_refused_before_anything_runs():
    with pytest.raises(
        InvalidInput, match=r"features.groups: unknown group 'trends'; did you mean 'trend'\?"
    ):
        space_of(**{"features.groups": [["trends"]]})


def test_the_scheduler_knows_of_the_longest_trial():
    experiment, space = space_of(**{"training.epochs": [1, 40]})
    assert most_epochs(experiment, space) == 40
    assert most_epochs(*space_of()) == 2


@pytest.mark.parametrize(
    "value",
    [
        [],
        3,
        "wide",
        {"low": 1},
        {"low": 2, "high": 1},
        {"low": 0, "high": 1, "log": True},
        {"low": 1, "high": 2, "step": 1},
    ],
)
def test_a_range_that_is_none_is_refused_with_what_was_expected(value):
    with pytest.raises(
        InvalidInput, match=r"search.ranges.lstm.dropout: expected a list of values or {low, high, log}"
    ):
        space_of(**{"lstm.dropout": value})


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("lstm.dropout", [0.1, 1.5], "dropout: expected a number below 1, got 1.5"),
        (
            "lstm.hidden",
            [0],
            "hidden: expected a whole number from 1, or one for each layer such as [64, 32], got 0",
        ),
        ("lstm.hidden", ["big"], "hidden: expected a whole number from 1"),
        (
            "lstm.hidden",
            {"low": 8, "high": 64},
            "hidden: expected a whole number from 1, or one for each layer such as [64, 32], got 8.0",
        ),
        ("task.lookback", {"low": 8, "high": 20}, "lookback: expected a whole number"),
        (
            "training.learning_rate",
            {"low": -1.0, "high": 0.1},
            "learning_rate: expected a number above 0, got -1",
        ),
        ("training.precision", ["float8"], "precision: expected 'auto', 'float32' or 'bfloat16'"),
        ("task.lookback", [2], "lookback: expected at least 4, got 2"),
    ],
)
def test_a_value_that_the_field_refuses_is_named_before_anything_runs(key, value, told):
    with pytest.raises(InvalidInput) as error:
        space_of(**{key: value})
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_family_is_answered_with_the_nearest():
    with pytest.raises(InvalidInput, match=r"did you mean 'transformer'\?"):
        space_of(families=("lstm", "transfomer"))


def test_a_search_starts_with_every_family_at_its_defaults():
    experiment, space = space_of()
    queue = first_params(experiment, space)
    assert [params["family"] for params in queue] == list(FAMILIES)
    for params in queue:
        family = params["family"]
        assert all(contains(space[family][key], params[key]) for key in space[family])
        assert spec_of(experiment, params).training.epochs == 2
    assert queue[0]["lstm.hidden"] == 8 or 8 not in space["lstm"]["lstm.hidden"].values
    assert queue[0]["training.learning_rate"] == experiment.training.learning_rate


def test_a_default_outside_a_narrowed_range_gives_way_to_the_ranges_middle():
    experiment, space = space_of(
        **{
            "lstm.hidden": [64, 128, 256],
            "training.learning_rate": {"low": 0.01, "high": 0.04, "log": True},
            "lstm.dropout": {"low": 0.4, "high": 0.6},
        }
    )
    params = first_params(experiment, space)[0]
    assert params["lstm.hidden"] == 128
    assert params["training.learning_rate"] == pytest.approx(0.02)
    assert params["lstm.dropout"] == pytest.approx(0.5)


def test_a_grid_is_every_combination_of_the_listed_values():
    found = space_of(("lstm",), **{"lstm.hidden": [8, 16], "lstm.layers": [1, 2], "training.loss": ["mse"]})
    queue = grid_params(*found)
    assert len(queue) == 4
    assert {(params["lstm.hidden"], params["lstm.layers"]) for params in queue} == {
        (8, 1),
        (8, 2),
        (16, 1),
        (16, 2),
    }
    assert {params["lstm.dropout"] for params in queue} == {0.15}


def test_fewer_trials_than_a_grid_has_are_drawn_by_lot_and_more_hold_the_same():
    ranges = {"lstm.hidden": [8, 16, 32], "lstm.layers": [1, 2], "training.loss": ["mse"]}
    found = [
        small_experiment(search={"families": ["lstm"], "sampler": "grid", "trials": trials, "ranges": ranges})
        for trials in (2, 4, 99)
    ]
    few, more, whole = (grid_params(one, build_space(one)) for one in found)
    assert (len(few), len(more), len(whole)) == (2, 4, 6)
    assert few == more[:2]
    assert all(params in whole for params in more)


def test_sizes_of_layers_are_searched_like_any_other_choice():
    experiment, space = space_of(("lstm",), **{"lstm.hidden": [16, [16, 8]]})
    first = {**first_params(experiment, space)[0], "lstm.hidden": [16, 8]}
    other = {**first, "training.learning_rate": 1e-3}
    known = [Trial("t0", other)]
    sampler = OptunaSampler(experiment.search, space, queue=[first], known=known, pruner=Lenient(), lag=9)
    drawn = [sampler.suggest(f"t{number}")["lstm.hidden"] for number in range(1, 9)]
    assert drawn[0] == [16, 8]
    assert {str(sizes) for sizes in drawn} == {"16", "[16, 8]"}
    spec = spec_of(experiment, {"family": "lstm", "lstm.hidden": drawn[0]})
    assert spec.model.options["hidden"] == [16, 8]
    assert RunSpec.model_validate_json(spec.model_dump_json()) == spec


def test_the_experiments_own_model_fields_belong_to_its_own_family_only():
    experiment = small_experiment(model={"family": "lstm", "hidden": 24})
    assert spec_of(experiment, {"family": "lstm"}).model.options["hidden"] == 24
    assert spec_of(experiment, {"family": "attention_lstm"}).model.options["hidden"] == 32
    assert spec_of(experiment, {"family": "lstm", "lstm.hidden": 16}).model.options["hidden"] == 16


def test_ranges_are_read_as_the_file_writes_them():
    assert parse_range("a", [1, 2]) == OneOf(1, 2)
    assert parse_range("a", {"low": 0, "high": 1}) == Uniform(0.0, 1.0)
    assert parse_range("a", {"low": 0.1, "high": 1, "log": True}) == LogUniform(0.1, 1.0)


def test_a_baseline_is_searched_over_its_own_ranges_and_never_over_how_networks_train():
    _, space = space_of(("lstm", "ewma", "ridge"), **{"training.loss": ["mse"], "features.select": [2, 4]})
    assert set(space["ewma"]) == {"ewma.span"}
    assert set(space["ridge"]) == {"features.select"}
    assert "training.loss" in space["lstm"]
    with pytest.raises(InvalidInput, match=r"ranges\.training\.loss changes nothing of what .* \(ewma\)"):
        space_of(("ewma",), **{"training.loss": ["mse"]})


def test_an_unknown_learner_is_answered_with_the_nearest_family_or_baseline():
    with pytest.raises(InvalidInput, match="unknown family 'rigde'; did you mean 'ridge'"):
        space_of(("lstm", "rigde"))


@pytest.mark.parametrize("listed", [[8, 16, 8], [[8, 4], [16], [8, 4]], ["mse", "mse"], [1, 1.0]])
def test_a_value_that_is_listed_twice_is_refused_by_its_key(listed):
    with pytest.raises(InvalidInput, match=r"search\.ranges\.lstm\.hidden: .* stands twice"):
        parse_range("lstm.hidden", listed)
