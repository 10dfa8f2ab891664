"""Spreads points evenly over the space (a scrambled Sobol sequence): few of them cover it better than as many drawn by
lot."""

import math
from typing import Any

from scipy.stats import qmc

from ml_core.registry.trials import Params
from ml_core.spec.ranges import LogUniform, OneOf, Range
from tuning.space import Space


def quasi_random_params(space: Space, count: int, *, seed: int) -> list[Params]:
    """So many points; more of them begin with the same ones."""
    families = list(space)
    cube = qmc.Sobol(1 + max(len(ranges) for ranges in space.values()), rng=seed)
    drawn = cube.random_base2(max(1, math.ceil(math.log2(count))))[:count]
    points = []
    for first, *rest in drawn.tolist():
        family = families[int(first * len(families))]
        placed = zip(space[family].items(), rest, strict=False)  # a family with fewer keys uses fewer of them
        points.append({"family": family, **{key: _at(one, place) for (key, one), place in placed}})
    return points


def _at(allowed: Range, place: float) -> Any:
    """The value at that place, from 0 to 1, of a range."""
    if isinstance(allowed, OneOf):
        return allowed.values[int(place * len(allowed.values))]
    if isinstance(allowed, LogUniform):
        return math.exp(math.log(allowed.low) + place * (math.log(allowed.high) - math.log(allowed.low)))
    return allowed.low + place * (allowed.high - allowed.low)
