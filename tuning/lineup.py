"""Lines up what a search tries before its sampler chooses: the defaults, what an earlier run left under way, the best
of an earlier search, points of a grid or evenly spread ones."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ml_core.registry.trials import Params
from ml_core.spec.experiment import Experiment
from tuning.points import first_params, grid_params
from tuning.quasi_random import quasi_random_params
from tuning.space import Space


def line_up(experiment: Experiment, space: Space, survivors: Sequence[Params]) -> list[Params]:
    """The params that a search tries first, or at all: the rest is the sampler's to choose."""
    search = experiment.search
    if search.sampler == "grid":
        return list(grid_params(experiment, space))
    first = first_params(experiment, space)
    queue: list[Params] = [*first, *(params for params in survivors if params not in first)]
    if search.sampler == "quasi_random":
        queue += quasi_random_params(space, search.trials, seed=search.seed)
    return queue


def go_on(
    queue: Sequence[Params], *, defaults: Sequence[Params], begun: Sequence[Params], ended: Sequence[Params]
) -> list[Params]:
    """What of it is left, in the order in which it is tried: the defaults come first, as the others are told by them;
    then whatever is under way, before anything new begins."""
    asked = {_key(params): params for params in queue}
    first = {_key(params): params for params in defaults if _key(params) in asked}
    under_way = {_key(params): params for params in begun}
    known = {key: params for key, params in asked.items() if key in under_way}
    over = {_key(params) for params in ended}
    return [params for key, params in (first | known | under_way | asked).items() if key not in over]


def _key(params: Params) -> str:
    return json.dumps(dict(params), sort_keys=True)
