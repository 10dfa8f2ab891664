"""Whatever is wrong with any key of an experiment is told in one line of our words: the key, what was expected, and an
example, a range or the choices."""

import datetime as dt
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel, ValidationError
from pydantic_core.core_schema import ErrorType

from ml_core.baselines import BASELINES
from ml_core.data.providers import PROVIDERS, load_provider
from ml_core.data.source import BESIDE
from ml_core.forecaster.learners import config_class
from ml_core.models.family import FAMILIES
from ml_core.spec import choices
from ml_core.spec.examples import model_in
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import explain
from ml_core.spec.keys import KEYS
from ml_core.spec.wording import expect

WRONG = [
    3, -1, 2.5, 99999, "soon", "", True, [], [1], ["a"], [["a"]], [-1, "b"], {"a": 1}, {"low": 2},
    dt.date(2024, 1, 2), dt.datetime(2024, 1, 2, 3), float("nan"), float("inf"),
]  # fmt: skip
SAYS_HOW = re.compile(
    r" such as |at least |at most |a number (above|below) |or more |true or false|'.+' or '|expected one of |, as \""
    r"|did you mean "
)
FOREIGN = [
    "Input should be", "validation error", "type=", "Input", "tuple", "dictionary", "instance", "integer", "boolean",
    "pathlib", "Field", "Value error", "String", "None", "datetime", "should", "valid ",
]  # fmt: skip
SECTIONS: dict[str, type[BaseModel]] = {
    "": Experiment,
    **{f"data.{name}": load_provider(name).config_class for name in choices.names(PROVIDERS)},
    **{f"data.{name}": kind for name, kind in BESIDE.items()},
}
LEARNERS = {name: config_class(name) for package in (FAMILIES, BASELINES) for name in choices.names(package)}


def keys_of(model: type[BaseModel], above: tuple = ()) -> Iterator[tuple]:
    """The path of every key, through tables and lists of tables."""
    for name, field in model.model_fields.items():
        yield (*above, name)
        if inner := model_in(field.annotation):
            yield from keys_of(
                inner, (*above, name, *((0,) if get_origin(field.annotation) is tuple else ()))
            )


def content_with(path: tuple, value: Any, content: dict) -> dict:
    table: Any = content
    for part, following in pairwise(path):
        inner: Any = [{}] if following == 0 else {}
        table = table[part] if isinstance(part, int) else table.setdefault(part, inner)
    table[path[-1]] = value
    return content


def refusals(model: type[BaseModel], path: tuple, at: str, content: dict) -> Iterator[str]:
    for value in WRONG:
        try:
            model.model_validate(content_with(path, value, {**content}))
        except ValidationError as error:
            yield explain(error, model, at=at)


CASES = [
    *((at, kind, path) for at, kind in SECTIONS.items() for path in keys_of(kind)),
    *(("model", kind, path) for kind in LEARNERS.values() for path in keys_of(kind)),
]


@pytest.mark.parametrize(
    ("at", "model", "path"),
    CASES,
    ids=[".".join(map(str, filter(None, (at, *path)))) for at, _, path in CASES],
)
def test_every_wrong_value_of_every_key_is_told_with_what_was_expected(at, model, path):
    for line in refusals(
        model, path, at, {"name": "x", "universe": {"tickers": ["A", "B"]}} if not at else {}
    ):
        plain = re.sub(r"got .*$", "", line)
        assert "\n" not in line
        assert not [word for word in FOREIGN if word in plain], line
        assert SAYS_HOW.search(plain), line
        key = next(part for part in reversed(path) if isinstance(part, str))
        assert key in line or f"{path[-3]}." in line, line


def test_no_kind_of_error_of_the_library_is_told_in_its_own_words():
    limits = ["gt", "ge", "lt", "le", "min_length", "max_length", "expected", "multiple_of", "pattern"]
    context = {**dict.fromkeys(limits, 1), "error": "expected x"}
    for kind in get_args(ErrorType):
        told = expect({"type": kind, "msg": "Input should be something", "ctx": context})
        assert told.startswith(("expected", "missing"))


def test_every_key_has_its_sentence_and_every_sentence_its_key():
    """Once, for the schema, for what a new file says beside its keys, and for the examples of refusals."""
    known = {"model.family"}
    for at, _, path in CASES:
        names = [str(part) for part in path if not isinstance(part, int)]
        known |= {".".join(filter(None, (at, *names)))}
    known |= {key.rpartition(".")[0] for key in known if key.startswith("data.")}
    assert sorted(known - set(KEYS)) == [], "give it a row in ml_core/spec/keys"
    assert sorted(set(KEYS) - known) == []
    assert all(said.about.endswith(".") and "\n" not in said.about for said in KEYS.values())
