"""Refuses a search that names what one process alone knows: trials run in others, and whoever serves the version is
another again."""

from __future__ import annotations

from ml_core.errors import InvalidInput
from ml_core.spec.experiment import Experiment
from ml_core.spec.outside import GROUP, Outside, find_local
from tuning.space import families_of


def refuse_local(experiment: Experiment) -> None:
    """What an installed package registers is known to every process; what a notebook registers, to its own."""
    named = _named(experiment)
    for one in find_local():
        if named & _names_of(one):
            raise InvalidInput(
                f"search: {one.kind} '{one.name}' was registered in this process alone, and trials run in others; "
                f"put it into a package that names its module under the entry points {GROUP}, and install that"
            )


def _named(experiment: Experiment) -> set[str]:
    """All that the experiment's file names of what may come from outside."""
    validation, gate, features = experiment.validation, experiment.gate, experiment.features
    learners = (*families_of(experiment.search), experiment.model.family, *validation.baselines, *gate.beat)
    kinds = (how.kind for how in experiment.strategy.sizings)
    return {*learners, *kinds, experiment.search.objective, *features.groups, *features.names}


def _names_of(one: Outside) -> set[str]:
    if one.kind != "feature":
        return {one.name}
    group, declared = one.load()
    return {group, *(feature.name for feature in declared)}
