"""Says what a search may vary, and makes of sampled params the spec that they stand for."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, TypeAlias

from pydantic import ValidationError

from ml_core.baselines import features_read, is_baseline
from ml_core.errors import InvalidInput
from ml_core.features.table import chosen_names, unite_asked
from ml_core.forecaster.learners import complete, config_class, configure
from ml_core.registry.trials import Params
from ml_core.spec.choices import nearest
from ml_core.spec.experiment import Experiment, Features, Model, RunSpec, Search, Training
from ml_core.spec.file import explain
from ml_core.spec.ranges import OneOf, Range, parse_range, ranges_of, wide_ranges_of
from ml_core.spec.reading import Look, Reading
from ml_core.spec.task import Task
from ml_core.training.losses import find_loss

# Sections of the file, with those of their fields that a search may vary: how a model reads, and how it is trained.
SECTIONS = {"training": Training, "task": Look, "features": Features}
NETWORKS_ONLY = (
    "training.",
    "task.",
)  # a baseline is fitted at once, ticker by ticker, and looks at one session
WIDE_FAMILIES = ("tcn", "hybrid", "multi_scale", "hist_gradient_boosting")  # besides, in a wide search
Space: TypeAlias = dict[str, dict[str, Range]]


def build_space(experiment: Experiment) -> Space:
    """For each family, the ranges by key: `training.learning_rate`, `lstm.hidden`. Ranges in the file replace
    those in the code."""
    families = families_of(experiment.search)
    given = {key: parse_range(key, value) for key, value in experiment.search.ranges.items()}
    space = {}
    for family in families:
        own = ranges_of(config_class(family, key="search.families"))
        ranges = _shared_ranges(experiment, family) | _keyed(family, own)
        space[family] = ranges | {key: one for key, one in given.items() if key in searchable(family)}
    for family, ranges in space.items():
        _drop_layers(family, ranges, given)
    for key in given:
        if not any(key in ranges for ranges in space.values()):
            raise _refuse(key, families)
    _check_ends(experiment, space)
    return space


def families_of(search: Search) -> tuple[str, ...]:
    """The families that a search tries: those that the file names, or more of them in a wide one."""
    named = "families" in search.model_fields_set
    return search.families if named or not search.wide else (*search.families, *WIDE_FAMILIES)


def _shared_ranges(experiment: Experiment, family: str) -> dict[str, Range]:
    """What every family varies beside its own options."""
    wide, features = experiment.search.wide, experiment.features
    reads = wide_ranges_of(features) if wide else {}
    if features.names and not features.groups:
        reads.pop("select", None)  # all that are named are kept
    if is_baseline(family):
        asked = _keyed("features", reads)
        return {key: asked[key] for key in searchable(family) if key in asked}
    looks = wide_ranges_of(experiment.task) if wide else {}
    trained = ranges_of(Training) | (wide_ranges_of(experiment.training) if wide else {})
    return _keyed("training", trained) | _keyed("task", looks) | _keyed("features", reads)


def _keyed(section: str, ranges: Mapping[str, Range]) -> dict[str, Range]:
    return {f"{section}.{name}": allowed for name, allowed in ranges.items()}


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
    features = unite_asked(list(_asked_features(experiment, space)))
    update = {"lookback": longest_lookback(experiment, space), "features": features}
    return experiment.spec.model_copy(update={"reading": experiment.reading.model_copy(update=update)})


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


def searchable(family: str) -> list[str]:
    """The keys that a search over this family may vary, each of which changes what is fitted."""
    keys = [f"{section}.{name}" for section, kind in SECTIONS.items() for name in kind.model_fields]
    if is_baseline(family):
        unread = {"none": "features.", "raw": "features.scaling"}.get(features_read(family), ())
        keys = [key for key in keys if not key.startswith(NETWORKS_ONLY) and not key.startswith(unread)]
    return keys + [f"{family}.{name}" for name in config_class(family).model_fields]


def _values(space: Space, key: str) -> list[Any]:
    """Every value of a key that some trial may have, of a range its upper end."""
    spans = [ranges[key] for ranges in space.values() if key in ranges]
    return [value for one in spans for value in (one.values if isinstance(one, OneOf) else (int(one.high),))]


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
    if key in {f"{section}.{name}" for section, kind in SECTIONS.items() for name in kind.model_fields}:
        return InvalidInput(
            f"search.ranges.{key} changes nothing of what is searched ({', '.join(families)}); leave it out"
        )
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
                    at = key.partition(".")[0] if key.partition(".")[0] in SECTIONS else "model"
                    raise InvalidInput(f"search.ranges.{key}: {explain(error, kind, at=at)}") from None
