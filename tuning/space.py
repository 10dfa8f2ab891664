"""An experiment in; what its search may vary, and the spec that a sampled point stands for, out."""

import json
from collections.abc import Mapping
from itertools import product
from typing import Any

from pydantic import ValidationError

from ml_core.choices import nearest
from ml_core.errors import InvalidInput
from ml_core.experiment import Experiment, Features, Model, RunSpec, Task, Training
from ml_core.experiment_file import explain
from ml_core.learners import complete, config_class, configure, is_baseline
from ml_core.ranges import LogUniform, OneOf, Range, parse_range, ranges_of
from ml_core.training.losses import find_loss

SECTIONS = {"training": Training, "task": Task, "features": Features}
Point = Mapping[str, Any]


def build_space(experiment: Experiment) -> dict[str, dict[str, Range]]:
    """For each family, the ranges by key: `training.learning_rate`, `lstm.hidden`. The file's narrow the code's."""
    search = experiment.search
    shared = {f"training.{name}": found for name, found in ranges_of(Training).items()}
    given = {key: parse_range(key, value) for key, value in search.ranges.items()}
    space = {}
    for family in search.families:
        own = {
            f"{family}.{name}": found
            for name, found in ranges_of(config_class(family, key="search.families")).items()
        }
        trained = {} if is_baseline(family) else shared
        space[family] = trained | own | {key: found for key, found in given.items() if key in _varied(family)}
    known = sorted({key for family, ranges in space.items() for key in (*ranges, *_varied(family))})
    for key in given:
        if not any(key in ranges for ranges in space.values()):
            raise InvalidInput(f"search.ranges: unknown key '{key}'{nearest(key, known)}")
    _check_ends(experiment, space)
    return space


def spec_of(experiment: Experiment, point: Point) -> RunSpec:
    """The run that a point stands for: the experiment's own, with the point's values in place."""
    family = point["family"]
    changed: dict[str, dict[str, Any]] = {"task": {}, "features": {}, "training": {}, "model": {}}
    for key, value in point.items():
        section, _, name = key.partition(".")
        if section in SECTIONS:
            changed[section][name] = value
        elif section == family:
            changed["model"][name] = value
    if experiment.search.epochs:
        changed["training"].setdefault("epochs", experiment.search.epochs)
    own = experiment.model.options if experiment.model.family == family else {}
    return RunSpec(
        task=Task(**{**experiment.task.model_dump(), **changed["task"]}),
        features=Features(**{**experiment.features.model_dump(), **changed["features"]}),
        training=Training(**{**experiment.training.model_dump(), **changed["training"]}),
        model=complete(Model(family=family, **{**own, **changed["model"]})),
    )


def first_points(experiment: Experiment, space: dict[str, dict[str, Range]]) -> list[dict[str, Any]]:
    """Every family once at its defaults, where those lie in the ranges: a search starts from what is known."""
    points = []
    for family, ranges in space.items():
        spec = spec_of(experiment, {"family": family})
        point: dict[str, Any] = {"family": family}
        for key, found in ranges.items():
            section, _, name = key.partition(".")
            holder = getattr(spec, section) if section in SECTIONS else None
            default = getattr(holder, name) if holder else spec.model.options[name]
            point[key] = default if contains(found, default) else _middle(found)
        points.append(point)
    return points


def grid_points(space: dict[str, dict[str, Range]]) -> list[dict[str, Any]]:
    """Every combination of listed values; a range without a list stands at its middle."""
    points = []
    for family, ranges in space.items():
        values = [
            found.values if isinstance(found, OneOf) else (_middle(found),) for found in ranges.values()
        ]
        points += [
            {"family": family, **dict(zip(ranges, chosen, strict=True))} for chosen in product(*values)
        ]
    return points


def suggest(trial: Any, space: dict[str, dict[str, Range]]) -> dict[str, Any]:
    """Ask an Optuna trial for a family and then for that family's ranges."""
    point: dict[str, Any] = {"family": trial.suggest_categorical("family", list(space))}
    for key, found in space[point["family"]].items():
        if isinstance(found, OneOf):
            said = {as_choice(value): value for value in found.values}
            point[key] = said[trial.suggest_categorical(key, list(said))]
        else:
            point[key] = trial.suggest_float(key, found.low, found.high, log=isinstance(found, LogUniform))
    return point


def as_choice(value: Any) -> Any:
    """A value as Optuna keeps it: sizes of layers become text, the rest stays."""
    return json.dumps(value) if isinstance(value, (list, tuple)) else value


def longest_lookback(experiment: Experiment, space: dict[str, dict[str, Range]]) -> int:
    """The longest look-back any trial may ask for: all trials are scored on the sessions it leaves."""
    found = [ranges["task.lookback"] for ranges in space.values() if "task.lookback" in ranges]
    tried = [value for one in found for value in (one.values if isinstance(one, OneOf) else (int(one.high),))]
    return max([experiment.task.lookback, *tried])


def contains(found: Range, value: Any) -> bool:
    return value in found.values if isinstance(found, OneOf) else found.low <= value <= found.high


def _tried(found: Range) -> tuple[Any, ...]:
    """Both ends, and a number between them with a fraction: a field of whole numbers wants a list."""
    if isinstance(found, OneOf):
        return found.values
    return (found.low, found.high, found.low + 0.3819 * (found.high - found.low))


def _middle(found: Range) -> Any:
    if isinstance(found, OneOf):
        return found.values[len(found.values) // 2]
    return (found.low * found.high) ** 0.5 if isinstance(found, LogUniform) else (found.low + found.high) / 2


def _varied(family: str) -> list[str]:
    """The keys that a search over this family may vary; a baseline is not trained by the loop."""
    sections = {
        name: kind for name, kind in SECTIONS.items() if name != "training" or not is_baseline(family)
    }
    keys = [f"{section}.{name}" for section, kind in sections.items() for name in kind.model_fields]
    return keys + [f"{family}.{name}" for name in config_class(family).model_fields]


def _check_ends(experiment: Experiment, space: dict[str, dict[str, Range]]) -> None:
    for family, ranges in space.items():
        configure(Model(family=family))
        for key, found in ranges.items():
            for value in _tried(found):
                try:
                    training = spec_of(experiment, {"family": family, key: value}).training
                    find_loss(training.loss, tickers=len(experiment.universe.tickers))
                except ValidationError as error:
                    kind = SECTIONS.get(key.partition(".")[0], config_class(family))
                    raise InvalidInput(f"search.ranges.{key}: {explain(error, kind)}") from None
