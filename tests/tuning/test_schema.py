"""The JSON Schema of an experiment's file agrees with what reads the file: what is shipped is valid, and what a reader
refuses by itself, an editor underlines."""

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker

from ml_core.baselines import BASELINES
from ml_core.data.providers import PROVIDERS
from ml_core.models.family import FAMILIES
from ml_core.spec import choices
from ml_core.spec.file import SHIPPED
from ml_core.spec.plain import plain
from tests.cli.command_line import run
from tuning.schema import build_schema

SCHEMA = build_schema()
EDITOR = Draft7Validator(SCHEMA, format_checker=FormatChecker())
LEAST = {"name": "x", "universe": {"tickers": ["A", "B"]}}
SHARES = {"low": 0.0, "high": 0.3}


def complaints(text: str) -> list[str]:
    """What an editor says of a file: it hands dates on as text."""
    return [error.message for error in EDITOR.iter_errors(plain(tomllib.loads(text)))]


def tables(part: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict]]:
    """Every table that the schema knows, with the keys that lead there."""
    if isinstance(part, dict):
        if "properties" in part:
            yield path, part
        for name, inner in part.items():
            yield from tables(inner, (*path, name))
    if isinstance(part, list):
        for inner in part:
            yield from tables(inner, path)


def test_it_is_a_schema():
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", sorted(path.name for path in SHIPPED.glob("*.toml")))
def test_what_is_shipped_is_valid(name):
    assert complaints((SHIPPED / name).read_text(encoding="utf-8")) == []


def test_every_table_is_closed_and_every_key_of_it_has_its_sentence():
    found = list(tables(SCHEMA))
    assert len(found) > 30
    for path, table in found:
        assert table["additionalProperties"] is False, path
        if "ranges" not in path:  # whose keys are those of other tables
            assert [name for name, one in table["properties"].items() if not one.get("description")] == [], (
                path
            )


@pytest.mark.parametrize(
    "wrong",
    [
        {"nmae": "x"},
        {"task": {"lookbak": 30}},
        {"task": {"lookback": 3}},
        {"task": {"horizons": "soon"}},
        {"task": {"horizons": [0]}},
        {"task": {"layout": "triple"}},
        {"universe": {"sectors": {"A": "x"}}},
        {"universe": {"tickers": []}},
        {"data": {"source": "yaho"}},
        {"data": {"start": "soon"}},
        {"data": {"files": {"pth": "x"}}},
        {"data": {"simulated": {"signal": "momentun"}}},
        {"data": {"quality": {"skip": ["nothing"]}}},
        {"features": {"groups": ["momentums"]}},
        {"features": {"select": "some"}},
        {"model": {"family": "lstn"}},
        {"model": {"family": "lstm", "hiden": 3}},
        {"model": {"family": "lstm", "width": 3}},
        {"model": {"width": 32}},
        {"training": {"loss": "msee"}},
        {"search": {"families": ["lstm", "nobody"]}},
        {"search": {"ranges": {"lstm.hiden": [3]}}},
        {"search": {"ranges": {"lstm.hidden": []}}},
        {"search": {"ranges": {"lstm.dropout": {"low": 0}}}},
        {"validation": {"early_stopping": 1}},
        {"strategy": {"parts": [{"kynd": "sign"}]}},
        {"strategy": {"turbulent": {"kind": "none"}}},
        {"gate": {"claims": ["levels"]}},
    ],
    ids=str,
)
def test_what_is_misspelt_or_out_of_range_is_underlined(wrong):
    assert not EDITOR.is_valid(LEAST | wrong)


@pytest.mark.parametrize(
    "fine",
    [
        {},
        {"universe": {"members": "members.csv"}},
        {"model": {"hidden": [64, 32]}},
        {"search": {"ranges": {"task.lookback": [20, 60], "lstm.dropout": SHARES}, "answer": 3}},
        {"validation": {"holdout": "2020-01-01", "train": 0.5}},
        {"strategy": {"parts": [{"kind": "sign", "horizon": 1}], "turbulent": {"kind": "single"}}},
        *({"data": {"source": name, name: {}}} for name in choices.names(PROVIDERS)),
        *({"model": {"family": name}} for pkg in (FAMILIES, BASELINES) for name in choices.names(pkg)),
    ],
    ids=str,
)
def test_what_a_reader_takes_is_not_underlined(fine):
    assert [error.message for error in EDITOR.iter_errors(LEAST | fine)] == []


def test_the_command_prints_it():
    done = run("schema")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == SCHEMA
