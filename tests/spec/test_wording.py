"""Whatever kind of value is wrong, the refusal says in plain words what was expected; the library's own words for types
reach nobody."""

import datetime as dt

import pytest
from pydantic import ValidationError

from ml_core.spec.experiment import Experiment
from ml_core.spec.file import explain

WRONG = [
    3, -1, 2.5, "soon", "", True, [], [1], ["a"], [["a"]], {"a": 1},
    dt.date(2024, 1, 2), dt.datetime(2024, 1, 2, 3), float("nan"), float("inf"),
]  # fmt: skip
KEYS = [
    "name", "universe", "universe.tickers", "universe.sectors", "universe.benchmark", "universe.members",
    "universe.delisting", "data.source", "data.start", "task.frequency", "task.horizons", "task.lookback",
    "features.groups", "features.select", "training.clip", "training.patience", "search.ranges",
    "search.cpus_per_trial", "validation.train", "validation.expanding", "validation.holdout",
    "strategy.parts", "strategy.turbulent", "strategy.limit", "strategy.max_drawdown", "gate.claims", "model",
]  # fmt: skip
FOREIGN = [
    "Input", "tuple", "Tuple", "dictionary", "dict", "instance", "integer", "boolean", "parse", "pathlib",
    "Field", "Value error", "String", "None", "datetime", "True", "should",
]  # fmt: skip


def refusals(key: str) -> list[str]:
    """What is said of each wrong value of this key; a value that fits is not refused."""
    said = []
    for value in WRONG:
        content: dict = {"name": "x", "universe": {"tickers": ["A", "B"]}}
        *parents, last = key.split(".")
        table = content
        for parent in parents:
            table = table.setdefault(parent, {})
        table[last] = value
        try:
            Experiment.model_validate(content)
        except ValidationError as error:
            said.append(explain(error, Experiment, at=""))
    return said


@pytest.mark.parametrize("key", KEYS)
def test_every_wrong_value_is_told_in_plain_words(key):
    said = refusals(key)
    assert said
    for line in said:
        assert not [word for word in FOREIGN if word in line.replace("'None'", "")], line
        assert "\n" not in line


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("task.horizons", "task.horizons: expected a list such as [1, 5], got 'soon'"),
        (
            "universe.sectors",
            "universe.sectors: expected a table of keys such as { AAPL = \"tech\" }, got ['a']",
        ),
        ("training.clip", "training.clip: expected a number such as 1.0, got a table"),
        ("task.lookback", "task.lookback: expected a whole number such as 60, got 2.5"),
        ("validation.expanding", "validation.expanding: expected true or false, got 2024-01-02"),
        ("data.start", "data.start: expected a date such as 2024-03-28, got true"),
        ("universe.members", 'universe.members: expected the path of a file such as "members.csv", got 3'),
        ("data.source", 'data.source: expected text such as "yahoo", got true'),
        ("strategy.limit", "strategy.limit: expected a finite number such as 1.0, got nan"),
    ],
)
def test_each_kind_of_value_has_its_word(key, told):
    assert told in refusals(key)


def test_a_key_that_has_to_be_there_is_said_to_be_missing():
    with pytest.raises(ValidationError) as error:
        Experiment.model_validate({"name": "x", "universe": {}})
    assert explain(error.value, Experiment, at="") == (
        'universe.tickers: missing; it has no default; expected a value such as ["SPY", "QQQ"]'
    )
