"""Finds what an experiment's file names of what was registered from outside, and the packages that brought it."""

from __future__ import annotations

from ml_core.spec.experiment import Experiment
from ml_core.spec.outside import Outside, PluginKind, find_outside

KINDS: tuple[PluginKind, ...] = ("provider", "model", "network", "feature", "strategy", "metric")


def find_named(experiment: Experiment) -> list[Outside]:
    """Each once, in the order of their kinds and names."""
    validation, gate, features = experiment.validation, experiment.gate, experiment.features
    learners = (*experiment.search.families, experiment.model.family, *validation.baselines, *gate.beat)
    kinds = (how.kind for how in experiment.strategy.sizings)
    chosen = (experiment.search.objective, experiment.data.source, *features.groups, *features.names)
    named = {*learners, *kinds, *chosen}
    outside = (one for kind in KINDS for _, one in sorted(find_outside(kind).items()))
    return [one for one in outside if named & _names_of(one)]


def find_packages(experiment: Experiment) -> dict[str, str]:
    """The installed packages whose models, features and the like it names, each with its version."""
    brought = [one for one in find_named(experiment) if one.package]
    return {one.package: one.version or "unknown" for one in brought if one.package}


def _names_of(one: Outside) -> set[str]:
    if one.kind != "feature":
        return {one.name}
    group, declared = one.load()
    return {group, *(feature.name for feature in declared)}
