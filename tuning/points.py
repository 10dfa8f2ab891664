"""Makes points of a search's space: the defaults that are tried first, all combinations of a grid, and what Optuna
suggests."""

import json
import random
from itertools import product
from typing import Any

from ml_core.registry.trials import Params
from ml_core.spec.experiment import Experiment
from ml_core.spec.ranges import LogUniform, OneOf, Range
from tuning.space import Space, contains, spec_of


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


def complete(experiment: Experiment, space: Space, params: Params) -> Params:
    """The params of a narrower search as a point of this space: what they do not say stands as the file has it."""
    first = {one["family"]: one for one in first_params(experiment, space)}
    return {**first.get(params["family"], {}), **params}


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


def _middle(allowed: Range) -> Any:
    if isinstance(allowed, OneOf):
        return allowed.values[len(allowed.values) // 2]
    return (
        (allowed.low * allowed.high) ** 0.5
        if isinstance(allowed, LogUniform)
        else (allowed.low + allowed.high) / 2
    )
