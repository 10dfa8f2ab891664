"""Hands experiments that were read and checked to a process that takes this one's place, or is started by it: their
files are not read a second time, so that an edit in between cannot slip past the check."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import NamedTuple

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


class Handed(NamedTuple):
    """What a process has to be started with: its environment holds `environment`, the files stay open in it."""

    environment: dict[str, str]
    files: tuple[int, ...]


@contextmanager
def handed_to_child(experiments: Mapping[str, Experiment]) -> Iterator[Handed]:
    """The same for a process that is started beside this one: the file is open here for as long as that takes."""
    environment = hand_over(experiments)
    file = int(environment[VARIABLE])
    try:
        yield Handed(environment, (file,))
    finally:
        os.close(file)


def take_over(environment: MutableMapping[str, str]) -> dict[str, Experiment]:
    """Those that were handed over, once: the file is closed, and no later process is told of it. Empty where this
    process was handed nothing."""
    handed = environment.pop(VARIABLE, None)
    if handed is None:
        return {}
    with os.fdopen(int(handed), encoding="utf-8") as file:
        file.seek(0)
        return {asked: Experiment.model_validate(told) for asked, told in json.load(file).items()}
