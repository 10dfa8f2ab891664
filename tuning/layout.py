"""Lays out what a search varies as rows to read: each key once, with the families that have it, its values, and where
those come from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ml_core.spec.experiment import Experiment
from ml_core.spec.ranges import LogUniform, OneOf, Range
from tuning.points import first_params
from tuning.space import Space, build_space, searchable


@dataclass(frozen=True)
class SpaceRow:
    """One key. `by`: whether the experiment's file says its values, or the code beside the field's default."""

    key: str
    families: tuple[str, ...]
    values: str
    first: Any
    by: str

    def plain(self) -> dict[str, Any]:
        return asdict(self)

    def shown(self) -> dict[str, Any]:
        return {**self.plain(), "families": ", ".join(self.families), "first": str(self.first)}


def lay_out_space(experiment: Experiment) -> list[SpaceRow]:
    """Every key that some family varies, those that most families share first."""
    space = build_space(experiment)
    first = {params["family"]: params for params in first_params(experiment, space)}
    rows = {}
    for family, ranges in space.items():
        for key, allowed in ranges.items():
            told = (key, _spell(allowed), str(first[family][key]))
            before = rows.get(told)
            families = (*before.families, family) if before else (family,)
            by = "file" if key in experiment.search.ranges else "default"
            rows[told] = SpaceRow(key, families, told[1], first[family][key], by)
    return sorted(rows.values(), key=lambda row: -len(row.families))


def list_unvaried(experiment: Experiment) -> dict[str, list[str]]:
    """What each family could vary and does not; under `every family` what holds for all."""
    space = build_space(experiment)
    free = {family: _free(family, space) for family in space}
    shared = [key for key in next(iter(free.values())) if all(key in keys for keys in free.values())]
    own = {family: [key for key in keys if key not in shared] for family, keys in free.items()}
    return {name: keys for name, keys in {"every family": shared, **own}.items() if keys}


def _free(family: str, space: Space) -> list[str]:
    return [key for key in searchable(family) if key not in space[family]]


def _spell(allowed: Range) -> str:
    if isinstance(allowed, OneOf):
        return ", ".join(str(value) for value in allowed.values)
    even = ", even in its logarithm" if isinstance(allowed, LogUniform) else ""
    return f"{allowed.low:g} to {allowed.high:g}{even}"
