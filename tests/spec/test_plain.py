"""What is written as JSON: dictionaries, lists, texts and finite numbers."""

import datetime as dt
import json
import math
from pathlib import Path

import pytest

from ml_core.spec.plain import numbers_of, plain, write_plain
from ml_core.spec.run import Training
from tests.market import small_experiment


def test_a_number_that_is_none_becomes_null_however_deep_it_stands():
    told = {"a": [1.5, math.nan, (math.inf, -math.inf)], "b": {"c": math.nan}}
    assert plain(told) == {"a": [1.5, None, [None, None]], "b": {"c": None}}


def test_dates_are_told_as_iso_and_what_json_does_not_know_as_text():
    told = {
        dt.date(2024, 1, 5): dt.datetime(2024, 1, 5, 22, tzinfo=dt.UTC),
        "file": Path("bars.csv"),
        "none": None,
    }
    assert plain(told) == {"2024-01-05": "2024-01-05T22:00:00+00:00", "file": "bars.csv", "none": None}


def test_a_section_is_told_by_its_keys_and_counts_stay_counts():
    told = plain({"training": Training(epochs=3), "passed": True})
    assert told["training"] == Training(epochs=3).model_dump(mode="json")
    assert told["passed"] is True
    assert type(told["training"]["epochs"]) is int
    assert json.loads(json.dumps(told)) == told


def test_what_is_written_is_finite_and_where_all_is_finite_the_bytes_of_json_itself():
    told = {"b": (0.1, 1e-300, -0.0, 3, True, None), "a": {"x": "ü"}}
    assert write_plain(told) == json.dumps(told)
    assert write_plain(told, indent=1, sort_keys=True) == json.dumps(told, indent=1, sort_keys=True)
    assert write_plain([math.nan, math.inf]) == "[null, null]"


def test_numbers_that_were_written_are_read_back_with_those_that_are_none():
    back = numbers_of(json.loads(write_plain({"a": [0.5, math.nan], "b": {"c": -math.inf}})))
    assert back["a"][0] == 0.5
    assert all(math.isnan(one) for one in (back["a"][1], back["b"]["c"]))


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_an_experiment_whose_numbers_json_does_not_know_is_refused(value):
    with pytest.raises(ValueError, match=r"finite number|greater than"):
        small_experiment(training={"clip": value})
