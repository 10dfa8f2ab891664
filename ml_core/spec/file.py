"""Reads an experiment's TOML file and the overrides of `--set` into a checked Experiment, and tells in one line
what is wrong with them."""

import copy
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import tomlkit
from pydantic import BaseModel, ValidationError

from ml_core.errors import InvalidInput, UnknownExperiment
from ml_core.spec.choices import nearest
from ml_core.spec.ensemble import Spec
from ml_core.spec.examples import show_example
from ml_core.spec.experiment import Experiment, Model, RunSpec
from ml_core.spec.idle import refuse_idle
from ml_core.spec.membership import name_members
from ml_core.spec.outside import find_outside
from ml_core.spec.reading import Look
from ml_core.spec.shipped import find_shipped
from ml_core.spec.strategy import KINDS, OwnStrategy, Sizing
from ml_core.spec.wording import word

Options = TypeVar("Options", bound=BaseModel)

PATHS = (("files", "path"), ("context", "table"))
SHIPPED = find_shipped("experiments")

RANGES = "search.ranges."
OF_A_KEY = re.compile(r"(\w+)(?:\.([\w.]+)| \(\w+\)): ")


def read_experiment(name: str, overrides: tuple[str, ...] = ()) -> Experiment:
    """The experiment of that file, or of that name in `experiments/`, with the overrides laid over it."""
    path = find_experiment(name)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path}: not a TOML file: {error}") from None
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read: {error.strerror}") from None
    return check_experiment(content, path.resolve().parent, overrides, told=path.name)


def check_experiment(
    content: dict[str, Any], folder: Path, overrides: tuple[str, ...] = (), *, told: str
) -> Experiment:
    """The experiment of that content, as a file holds it, with the overrides laid over it. Paths in it are meant from
    the `folder`; `told` is what an error calls it."""
    _anchor(content, folder)
    written = copy.deepcopy(content)
    for override in overrides:
        _lay_over(content, override)
    _name_members(content)
    try:
        experiment = Experiment.model_validate(content)
        refuse_idle(experiment)
        for table, how in experiment.strategy.tables:
            read_strategy_options(how, table)
    except ValidationError as error:
        raise InvalidInput(_tell(error, overrides, written, told=told)) from None
    except InvalidInput as error:
        raise InvalidInput(f"{told}: {error}") from None
    return experiment


def find_experiment(name: str) -> Path:
    """A path that exists, else `experiments/NAME.toml` here, else one that is shipped."""
    candidates = [Path(name), Path("experiments") / f"{name}.toml", SHIPPED / f"{name}.toml"]
    for path in candidates:
        if path.is_file():
            return path
    if Path(f"{name}.toml").is_file():
        raise UnknownExperiment(
            f"no experiment '{name}', but a file {name}.toml lies here; expected {name}.toml"
        )
    known = sorted({path.stem for folder in (Path("experiments"), SHIPPED) for path in folder.glob("*.toml")})
    raise UnknownExperiment(f"no experiment '{name}'{nearest(name, known)}")


def name_source(told: str, name: str, overrides: tuple[str, ...]) -> str:
    """A refusal that begins with a key of the experiment, behind the `--set` that said it, else the file of that name.
    Where it names a section alone, it quotes the key."""
    found = OF_A_KEY.match(told)
    if not found or found[1] not in Experiment.model_fields:
        return told
    where = [found[1], *(found[2] or "").split(".")] if found[2] else [found[1]]
    for override in reversed(overrides):
        parts = _parts(override.partition("=")[0].strip())
        near = parts[: len(where)] == where[: len(parts)]
        if near and (len(parts) <= len(where) or f"'{parts[-1]}'" in told):
            return f"--set {override}: {told}"
    return f"{find_experiment(name).name}: {told}"


def require_names(names: Mapping[str, str]) -> None:
    """`names`: of each experiment as it was given. What is asked for by its name cannot be two of them."""
    first: dict[str, str] = {}
    for given, name in names.items():
        if name in first:
            raise InvalidInput(
                f"'{first[name]}' and '{given}' are both named '{name}'; expected another name in one of the files"
            )
        first[name] = given


def explain(
    error: ValidationError, model: type[BaseModel], *, at: str | None = None, inside: Sequence[str] = ()
) -> str:
    """One line for the first problem, naming the key and, for an unknown one, the nearest valid name. `at`: where the
    model stands in an experiment's file ("" for the whole), whose keys have examples. `inside`: which key in an unknown
    section was asked for."""
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        *parents, key = (str(part) for part in problem["loc"])
        below = "".join(f"{parent}." for parent in parents)
        rest = "".join(f".{part}" for part in inside)
        return (
            f"unknown key '{where}{rest}'{nearest(key, _fields_at(model, parents), below=below, rest=rest)}"
        )
    told = word(problem, "" if at is None else show_example(at, problem["loc"], model))
    return f"{where}: {told}" if where else told


def _tell(error: ValidationError, overrides: tuple[str, ...], written: dict[str, Any], *, told: str) -> str:
    """What is wrong, behind the override that brought it, as it was typed, else behind the file."""
    problem = error.errors()[0]
    where = [str(part) for part in problem["loc"]]
    alone = problem["type"] == "extra_forbidden" and not _holds(written, where)
    for override in overrides:
        parts = _parts(override.partition("=")[0].strip())
        if where[: len(parts)] == parts:
            return f"--set {override}: {explain(error, Experiment, at='')}"
        if alone and parts[: len(where)] == where:
            return f"--set {override}: {explain(error, Experiment, at='', inside=parts[len(where) :])}"
    return f"{told}: {explain(error, Experiment, at='')}"


def _holds(content: Any, where: list[str]) -> bool:
    for part in where:
        if not isinstance(content, dict) or part not in content:
            return False
        content = content[part]
    return True


def write_spec(spec: Spec) -> str:
    """The spec as TOML sections that can be pasted into an experiment file; of several that answer as one those of
    each, below its weight. Seeds and objective stand in the file that was searched, and no search varies them."""
    if isinstance(spec, RunSpec):
        return tomlkit.dumps(_sections(spec))
    parts = [{"weight": one.weight} | _sections(one.spec) for one in spec.components]
    return tomlkit.dumps({"components": parts})


def _sections(spec: RunSpec) -> dict[str, Any]:
    told = spec.model_dump(mode="json", exclude_none=True)
    reading = told["reading"]
    look = {name: reading[name] for name in Look.model_fields}
    sections = {"task": told["task"] | look, "features": reading["features"]}
    return sections | {name: told[name] for name in ("model", "training")}


def read_options(model: Model, config: type[Options]) -> Options:
    """The checked fields of a model's section; an unknown one is answered with the nearest."""
    try:
        return config.model_validate(model.options)
    except ValidationError as error:
        raise InvalidInput(f"model ({model.family}): {explain(error, config, at='model')}") from None


def read_strategy_options(how: Sizing, table: str = "strategy") -> BaseModel | None:
    """The checked options of a strategy from outside, None of one of ours. `table`: where the file says it."""
    if how.kind in KINDS:
        return None
    own: OwnStrategy = find_outside("strategy")[how.kind].load()
    try:
        return own.Config.model_validate(how.options)
    except ValidationError as error:
        at = f"{table}.options"
        raise InvalidInput(f"{at}: {explain(error, own.Config, at=at)}") from None


def _fields_at(model: type[BaseModel], parents: list[str]) -> list[str]:
    for parent in parents:
        annotation = model.model_fields[parent].annotation if parent in model.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return list(model.model_fields)
        model = annotation
    return list(model.model_fields)


def _anchor(content: dict[str, Any], folder: Path) -> None:
    """A path in the file is meant from the file's own folder, wherever the command runs."""
    data = content.get("data")
    for table, key in PATHS:
        section = data.get(table) if isinstance(data, dict) else None
        if isinstance(section, dict) and isinstance(section.get(key), str):
            section[key] = str(folder / Path(section[key]).expanduser())
    universe = content.get("universe")
    if isinstance(universe, dict) and isinstance(universe.get("members"), str):
        universe["members"] = str(folder / Path(universe["members"]).expanduser())


def _name_members(content: dict[str, Any]) -> None:
    """A universe that has members and names no ticker is all of theirs."""
    universe = content.get("universe")
    if isinstance(universe, dict) and isinstance(universe.get("members"), str) and "tickers" not in universe:
        universe["tickers"] = name_members(Path(universe["members"]))


def _lay_over(content: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise InvalidInput(f"--set {override}: expected key=value, such as task.lookback=30")
    *parents, last = _parts(key.strip())
    table = content
    for parent in parents:
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            raise InvalidInput(f"--set {override}: '{parent}' is a value, not a section")
    table[last] = _value(text.strip())


def _parts(key: str) -> list[str]:
    """The sections of the file, then the key; under [search.ranges] that has a dot of its own."""
    if key.startswith(RANGES) and key != RANGES:
        return [*RANGES.rstrip(".").split("."), key.removeprefix(RANGES).strip("\"'")]
    return key.split(".")


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
