"""Hands experiments that were read and checked to the process that takes this one's place: their files are not read a
second time, so that an edit in between cannot slip past the check."""

import json
import os
import tempfile
from collections.abc import Mapping, MutableMapping

from ml_core.spec.experiment import Experiment

VARIABLE = "CANDORCAST_HANDED_OVER"


def hand_over(experiments: Mapping[str, Experiment]) -> dict[str, str]:
    """Experiments by the name or path that they were asked by. What the environment of the next process has to hold:
    the number of an open file without a name, since a variable could be too small for them."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        told = {asked: one.model_dump(mode="json", exclude_unset=True) for asked, one in experiments.items()}
        json.dump(told, file)  # what a file leaves out is known to be left out there as well
        file.flush()
        handed = os.dup(file.fileno())
    os.set_inheritable(handed, True)
    return {VARIABLE: str(handed)}


def take_over(environment: MutableMapping[str, str]) -> dict[str, Experiment]:
    """Those that were handed over, once: the file is closed, and no later process is told of it. Empty where this
    process took nobody's place."""
    handed = environment.pop(VARIABLE, None)
    if handed is None:
        return {}
    with os.fdopen(int(handed), encoding="utf-8") as file:
        file.seek(0)
        return {asked: Experiment.model_validate(told) for asked, told in json.load(file).items()}
