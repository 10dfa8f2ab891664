"""Says what a search may vary, and makes of sampled params the spec that they stand for."""

import json
import random
from collections.abc import Iterator
from itertools import product
from typing import Any, TypeAlias

from pydantic import ValidationError

from ml_core.errors import InvalidInput
from ml_core.features.table import GROUPS, chosen_names
from ml_core.forecaster.learners import complete, config_class, configure, is_baseline
from ml_core.registry.trials import Params
from ml_core.spec import choices
from ml_core.spec.choices import nearest
from ml_core.spec.experiment import Experiment, Features, Model, RunSpec, Training
from ml_core.spec.file import explain
from ml_core.spec.ranges import LogUniform, OneOf, Range, parse_range, ranges_of
from ml_core.spec.reading import Look, Reading
from ml_core.spec.task import Task
from ml_core.training.losses import find_loss

# Sections of the file, with those of their fields that a search may vary: how a model reads, and how it is trained.
SECTIONS = {"training": Training, "task": Look, "features": Features}
NETWORKS_ONLY = ("training.", "task.layout")  # a baseline is fitted at once, ticker by ticker
Space: TypeAlias = dict[str, dict[str, Range]]


def build_space(experiment: Experiment) -> Space:
    """For each family, the ranges by key: `training.learning_rate`, `lstm.hidden`. Ranges in the file replace
    those in the code."""
    search = experiment.search
    shared = {f"training.{name}": allowed for name, allowed in ranges_of(Training).items()}
    given = {key: parse_range(key, value) for key, value in search.ranges.items()}
    space = {}
    for family in search.families:
        own = {
            f"{family}.{name}": allowed
            for name, allowed in ranges_of(config_class(family, key="search.families")).items()
        }
        trained = {} if is_baseline(family) else shared
        space[family] = (
            trained | own | {key: allowed for key, allowed in given.items() if key in searchable(family)}
        )
    for family, ranges in space.items():
        _drop_layers(family, ranges, given)
    for key in given:
        if not any(key in ranges for ranges in space.values()):
            raise _refuse(key, search.families)
    _check_ends(experiment, space)
    return space


def _drop_layers(family: str, ranges: dict[str, Range], given: dict[str, Range]) -> None:
    """Where every choice of `hidden` lists the sizes of its layers, their number is not searched beside it."""
    key, hidden = f"{family}.layers", ranges.get(f"{family}.hidden")
    sized = isinstance(hidden, OneOf) and all(isinstance(one, (list, tuple)) for one in hidden.values)
    if sized and key in given:
        raise InvalidInput(
            f"search.ranges.{key} has no effect: every choice of {family}.hidden lists its layers; leave it out"
        )
    if sized:
        ranges.pop(key, None)


def spec_of(experiment: Experiment, params: Params) -> RunSpec:
    """The run that params stand for: the experiment's own, with their values in place."""
    family = params["family"]
    base = experiment.spec
    changed: dict[str, dict[str, Any]] = {"task": {}, "features": {}, "training": {}, "model": {}}
    for key, value in params.items():
        section, _, name = key.partition(".")
        if section in SECTIONS:
            changed[section][name] = value
        elif section == family:
            changed["model"][name] = value
    if experiment.search.epochs:
        changed["training"].setdefault("epochs", experiment.search.epochs)
    own = experiment.model.options if experiment.model.family == family else {}
    features = Features(**{**experiment.features.model_dump(), **changed["features"]})
    update = {
        "reading": Reading(**{**base.reading.model_dump(), **changed["task"], "features": features}),
        "training": Training(**{**experiment.training.model_dump(), **changed["training"]}),
        "model": complete(Model(family=family, **{**own, **changed["model"]})),
    }
    return base.model_copy(update=update)


def widest_spec(experiment: Experiment, space: Space) -> RunSpec:
    """The spec whose panel serves every trial: the longest look-back, and every feature that any of them asks for."""
    features, asked = experiment.features, list(_asked_features(experiment, space))
    if len(asked) > 1:
        everything = any(not one.groups and not one.names for one in asked)
        groups = choices.names(GROUPS) if everything else [name for one in asked for name in one.groups]
        names = [name for one in asked for name in one.names]
        update = {"groups": tuple(dict.fromkeys(groups)), "names": tuple(dict.fromkeys(names))}
        features = features.model_copy(update=update)
    update = {"lookback": longest_lookback(experiment, space), "features": features}
    return experiment.spec.model_copy(update={"reading": experiment.reading.model_copy(update=update)})


def first_params(experiment: Experiment, space: Space) -> list[dict[str, Any]]:
    """Every family once at its defaults, where those lie in the ranges: a search starts from what is known."""
    queue = []
    for family, ranges in space.items():
        spec = spec_of(experiment, {"family": family}).model_dump(mode="json")
        sections = {
            "training": spec["training"],
            "task": spec["reading"],
            "features": spec["reading"]["features"],
        }
        params: dict[str, Any] = {"family": family}
        for key, allowed in ranges.items():
            section, _, name = key.partition(".")
            default = sections.get(section, spec["model"])[name]
            params[key] = default if contains(allowed, default) else _middle(allowed)
        queue.append(params)
    return queue


def grid_params(experiment: Experiment, space: Space) -> list[dict[str, Any]]:
    """Every combination of listed values; a range without a list stands at its middle. Where fewer trials are asked for
    than there are, so many of them by lot: more trials later hold the same and others beside."""
    queue = []
    for family, ranges in space.items():
        values = [
            allowed.values if isinstance(allowed, OneOf) else (_middle(allowed),)
            for allowed in ranges.values()
        ]
        queue += [{"family": family, **dict(zip(ranges, chosen, strict=True))} for chosen in product(*values)]
    search = experiment.search
    if "trials" in search.model_fields_set and search.trials < len(queue):
        return random.Random(search.seed).sample(queue, len(queue))[: search.trials]
    return queue


def suggest(trial: Any, space: Space) -> dict[str, Any]:
    """Ask an Optuna trial for a family and then for that family's ranges."""
    params: dict[str, Any] = {"family": trial.suggest_categorical("family", list(space))}
    for key, allowed in space[params["family"]].items():
        if isinstance(allowed, OneOf):
            said = {as_choice(value): value for value in allowed.values}
            params[key] = said[trial.suggest_categorical(key, list(said))]
        else:
            params[key] = trial.suggest_float(
                key, allowed.low, allowed.high, log=isinstance(allowed, LogUniform)
            )
    return params


def as_choice(value: Any) -> Any:
    """A value as Optuna keeps it: sizes of layers become text, the rest stays."""
    return json.dumps(value) if isinstance(value, (list, tuple)) else value


def longest_lookback(experiment: Experiment, space: Space) -> int:
    """The longest look-back any trial may ask for: all trials are scored on the sessions it leaves."""
    return max([experiment.reading.lookback, *_values(space, "task.lookback")])


def most_epochs(experiment: Experiment, space: Space) -> int:
    """The most epochs that any trial may ask for: a scheduler that knew of fewer would cut those trials short."""
    return max([experiment.search.epochs or experiment.training.epochs, *_values(space, "training.epochs")])


def holds(space: Space, params: Params) -> bool:
    """Whether the space has these params, no key more and no key less."""
    ranges = space.get(params["family"])
    if ranges is None:
        return False
    own = {key: value for key, value in params.items() if key != "family"}
    return own.keys() == ranges.keys() and all(contains(ranges[key], value) for key, value in own.items())


def contains(allowed: Range, value: Any) -> bool:
    return value in allowed.values if isinstance(allowed, OneOf) else allowed.low <= value <= allowed.high


def _tried(allowed: Range) -> tuple[Any, ...]:
    """Both ends, and a number between them with a fraction: a field of whole numbers wants a list."""
    if isinstance(allowed, OneOf):
        return allowed.values
    return (allowed.low, allowed.high, allowed.low + 0.3819 * (allowed.high - allowed.low))


def _middle(allowed: Range) -> Any:
    if isinstance(allowed, OneOf):
        return allowed.values[len(allowed.values) // 2]
    return (
        (allowed.low * allowed.high) ** 0.5
        if isinstance(allowed, LogUniform)
        else (allowed.low + allowed.high) / 2
    )


def searchable(family: str) -> list[str]:
    """The keys that a search over this family may vary, each of which changes what is fitted."""
    keys = [f"{section}.{name}" for section, kind in SECTIONS.items() for name in kind.model_fields]
    if is_baseline(family):
        keys = [key for key in keys if not key.startswith(NETWORKS_ONLY)]
    return keys + [f"{family}.{name}" for name in config_class(family).model_fields]


def _values(space: Space, key: str) -> list[Any]:
    """Every value of a key that some trial may have, of a range its upper end."""
    found = [ranges[key] for ranges in space.values() if key in ranges]
    return [value for one in found for value in (one.values if isinstance(one, OneOf) else (int(one.high),))]


def _asked_features(experiment: Experiment, space: Space) -> Iterator[Features]:
    """The features of each trial, as far as a panel is concerned: its groups and names."""
    own = experiment.features.model_dump()
    for ranges in space.values():
        listed = {name: ranges.get(f"features.{name}", OneOf(own[name])) for name in ("groups", "names")}
        values = [allowed.values for allowed in listed.values() if isinstance(allowed, OneOf)]
        for chosen in product(*values):
            yield Features(**{**own, **dict(zip(listed, chosen, strict=True))})


def _refuse(key: str, families: tuple[str, ...]) -> InvalidInput:
    known = sorted({one for family in families for one in searchable(family)})
    if key in {f"task.{name}" for name in Task.model_fields}:
        reading = [one for one in known if one.startswith(("task.", "features."))]
        return InvalidInput(
            f"search.ranges: '{key}' says what is asked, the same for every trial; expected a key of how a model reads "
            f"({', '.join(reading)}), a key of [training] or one of a family, such as {families[0]}"
        )
    return InvalidInput(f"search.ranges: unknown key '{key}'{nearest(key, known)}")


def _check_ends(experiment: Experiment, space: Space) -> None:
    for family, ranges in space.items():
        configure(Model(family=family))
        for key, allowed in ranges.items():
            for value in _tried(allowed):
                try:
                    spec = spec_of(experiment, {"family": family, key: value})
                    find_loss(spec.training.loss, tickers=len(experiment.universe.tickers))
                    chosen_names(spec.reading.features)
                except ValidationError as error:
                    kind = SECTIONS.get(key.partition(".")[0], config_class(family))
                    raise InvalidInput(f"search.ranges.{key}: {explain(error, kind)}") from None
