"""What an experiment's file may hold, as JSON Schema, by which editors complete and check it. It is made of the classes
that read the file, with the sentence of each key; every table is closed. It stands here, because what a search may vary
is a part of it."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel

from ml_core.baselines import BASELINES
from ml_core.claims.kinds import KINDS
from ml_core.data.providers import PROVIDERS, load_provider
from ml_core.data.quality.settings import RETIRED
from ml_core.data.quality.verdicts import catalogue
from ml_core.data.simulation.config import SIGNALS
from ml_core.data.source import BESIDE
from ml_core.evaluation.declaration import Metric
from ml_core.evaluation.metrics import find_metric, metric_names
from ml_core.features.table import group_names
from ml_core.forecaster.learners import config_class
from ml_core.models.family import FAMILIES
from ml_core.spec import choices
from ml_core.spec.experiment import Experiment, Model
from ml_core.spec.keys import KEYS
from ml_core.spec.keys.key import Key
from ml_core.spec.outside import find_outside
from ml_core.spec.plain import plain
from ml_core.training.losses import LOSSES
from tuning.space import searchable

Schema = dict[str, Any]
DIALECT = "http://json-schema.org/draft-07/schema#"  # what editors for TOML know
RANGE: Schema = {
    "anyOf": [
        {"type": "array", "minItems": 1},
        {
            "type": "object",
            "properties": {"low": {"type": "number"}, "high": {"type": "number"}, "log": {"type": "boolean"}},
            "required": ["low", "high"],
            "additionalProperties": False,
        },
    ]
}
NOISE = ("title", "$defs")
UNTOLD = Key("An option from outside, which brings no sentence of its own.")


def build_schema() -> Schema:
    """Of a whole file. TOML has no null, and a date of it is text of that form."""
    schema = _section(Experiment, "")
    tables = schema["properties"]
    _open_data(tables["data"])
    _open_strategy(tables["strategy"])
    tables["model"] = {"description": KEYS["model"].about, "oneOf": [_learner(name) for name in _learners()]}
    ranges = {key: RANGE for name in _learners() for key in searchable(name)}
    tables["search"]["properties"]["ranges"] |= {"properties": ranges, "additionalProperties": False}
    universe = tables["universe"]
    universe["anyOf"] = [{"required": [name]} for name in ("tickers", "members")]
    del universe["required"]
    for path, names in _names().items():
        _name(schema, path, names)
    return {"$schema": DIALECT, "title": "An experiment of candorcast", **schema}


def _section(kind: type[BaseModel], at: str) -> Schema:
    told = plain(kind.model_json_schema())
    return _tell(_inline(told, told.get("$defs", {})), at)


def _inline(part: Any, known: Mapping[str, Schema]) -> Any:
    """With what it refers to in its place, and without what says nothing in a TOML file."""
    if isinstance(part, list):
        return [_inline(one, known) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        part = known[part["$ref"].rpartition("/")[2]] | {
            key: one for key, one in part.items() if key != "$ref"
        }
    if "properties" in part:  # keys of the file, whatever they are called
        inner = {name: _inline(one, known) for name, one in part["properties"].items()}
        said = (*NOISE, "description")  # by which the code tells of a class, not of a key
        part = {key: one for key, one in part.items() if key not in said} | {"properties": inner}
        return part | {"additionalProperties": False}
    part = {key: _inline(one, known) for key, one in part.items() if key not in NOISE and one is not None}
    if {"type": "null"} in part.get("anyOf", ()):
        kinds = [one for one in part.pop("anyOf") if one != {"type": "null"}]
        part |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return part


def _tell(part: Schema, at: str) -> Schema:
    """With the sentence and the example of each key below; one from outside brings its own."""
    for name, inner in part.get("properties", {}).items():
        key = f"{at}.{name}".lstrip(".")
        own = inner.pop("description", None)
        said = KEYS.get(key) or (Key(own) if own else UNTOLD)
        told = {"description": said.about} | (
            {} if said.example is None else {"examples": [plain(said.example)]}
        )
        of_tables = inner.get("items", {}) if inner.get("type") == "array" else inner
        _tell(of_tables, key)
        if "properties" in inner:  # a default of a table would only repeat those of its keys
            inner.pop("default", None)
        part["properties"][name] = told | inner
    return part


def _open_data(data: Schema) -> None:
    kinds = {name: load_provider(name).config_class for name in choices.names(PROVIDERS)} | BESIDE
    for name, kind in kinds.items():
        key = f"data.{name}"
        about = KEYS.get(key) or Key(f"The options of {name}, a provider from outside.")
        data["properties"][name] = {"description": about.about} | _section(kind, key)


def _open_strategy(strategy: Schema) -> None:
    """Wherever a kind stands, the options are its own; ours take none."""
    own = {name: one.load().Config for name, one in sorted(find_outside("strategy").items())}
    keys = strategy["properties"]
    for table, at in (
        (strategy, "strategy"),
        (keys["parts"]["items"], "strategy.parts"),
        (keys["turbulent"], "strategy.turbulent"),
    ):
        table["properties"]["options"] |= {"additionalProperties": bool(own)}
        if own:
            table["allOf"] = [_where_kind([*own], {"maxProperties": 0}, "else")] + [
                _where_kind([name], _section(kind, f"{at}.options"), "then") for name, kind in own.items()
            ]


def _where_kind(names: list[str], options: Schema, branch: Literal["then", "else"]) -> Schema:
    """Of a table whose kind is one of these, or is none of them, what its options may be."""
    named = {"properties": {"kind": {"enum": names}}, "required": ["kind"]}
    return {"if": named, branch: {"properties": {"options": options}}}


def _learners() -> list[str]:
    return choices.names(FAMILIES) + choices.names(BASELINES)


def _learner(name: str) -> Schema:
    """The table [model] of that family; what the default is need not be named."""
    own = _section(config_class(name), "model")
    family = {"description": KEYS["model.family"].about, "const": name}
    own["properties"] = {"family": family} | own.get("properties", {})
    own["additionalProperties"] = False
    return own | ({} if name == Model().family else {"required": ["family"]})


def _names() -> dict[str, list[str]]:
    """Keys whose values are names that the code knows."""
    baselines, claims = choices.names(BASELINES), choices.names(KINDS)
    return {
        "data.source": choices.names(PROVIDERS),
        "data.simulated.signal": choices.names(SIGNALS),
        "data.quality.skip": [*(one.name for one in catalogue()), *RETIRED],
        "features.groups": group_names(),
        "training.loss": sorted(LOSSES),
        "search.families": _learners(),
        "search.objective": [name for name in metric_names() if _of_a_mean(find_metric(name))],
        "validation.baselines": baselines,
        "gate.beat": baselines,
        "gate.claims": claims,
        "gate.require": claims,
    }


def _of_a_mean(metric: Metric) -> bool:
    return not metric.needs and metric.better != "level"


def _name(schema: Schema, path: str, names: list[str]) -> None:
    for part in path.split("."):
        schema = schema["properties"][part]
    (schema["items"] if schema["type"] == "array" else schema)["enum"] = names
