"""Refuses a search that names what one process alone knows: trials run in others, and whoever serves the version is
another again."""

from __future__ import annotations

from ml_core.errors import InvalidInput
from ml_core.spec.experiment import Experiment
from ml_core.spec.named import find_named
from ml_core.spec.outside import GROUP


def refuse_local(experiment: Experiment) -> None:
    """What an installed package registers is known to every process; what a notebook registers, to its own."""
    for one in find_named(experiment):
        if one.package is None:
            raise InvalidInput(
                f"search: {one.kind} '{one.name}' was registered in this process alone, and trials run in others; "
                f"put it into a package that names its module under the entry points {GROUP}, and install that"
            )
