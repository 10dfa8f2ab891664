"""Keeps how far a trial has come, so that it goes on from there where its process was lost: after each quarter of its
epochs what it has reported, its weights, and all that training goes on from, as one safetensors file.

The file lies beside the ledger under the name of its params, so that whoever tries them next finds it: another worker,
or the search that goes on. On a node that does not see that folder nothing is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from ml_core.registry.trials import Params
from ml_core.spec.run import RunSpec
from ml_core.training.fit import AnyFitting
from ml_core.training.loop import Fitting
from ml_core.training.precision import settle
from ml_core.training.state import TrainingState, above, below

QUARTERS = 4
UNREADABLE = (OSError, SafetensorError, ValueError, KeyError, TypeError)
Stage = list[
    TrainingState
]  # its networks; a race has one for each fold that it has begun, other searches have one
Report = Callable[[dict[str, Any]], None]
Stopwatch = Callable[[], float]
MadeWith = Mapping[str, str]


@dataclass(frozen=True)
class Rung:
    """What was reported, the networks of each stage, in how many seconds, and what it was made with and from."""

    told: list[dict[str, Any]] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    seconds: float = 0.0
    made: MadeWith = field(default_factory=dict)


class Rungs:
    """Of one trial: what was reported, and where each of its networks stood. What was made in another way than this
    try is being made is passed over, and removed. With a clock each report tells the seconds of all its tries; what one
    spent after its last rung is lost with it."""

    def __init__(
        self,
        folder: Path | None,
        params: Params,
        report: Report,
        *,
        made: MadeWith,
        clock: Stopwatch | None = None,
    ) -> None:
        self._file = rung_file(folder, params) if folder and folder.is_dir() else None
        self._params, self._report, self._made = dict(params), report, dict(made)
        self._clock, self._begun = clock, clock() if clock else 0.0
        self._told: list[dict[str, Any]] = []
        self._left: list[Stage] = []
        self._before = _take_in(self._file, made) if self._file else Rung()

    def go_on(self) -> dict[str, Any]:
        """Report all of it once more, for whoever drives the search may be another one; the last of it."""
        for result in self._before.told:
            self.report(result)
        return dict(self._told[-1]) if self._told else {"epoch": 0}

    def report(self, result: dict[str, Any]) -> None:
        self._told.append(result)
        self._report({**result, "seconds": self._seconds} if self._clock else result)

    @property
    def _seconds(self) -> float:
        return self._before.seconds + (self._clock() - self._begun if self._clock else 0.0)

    def take_up(self, number: int, fittings: Sequence[AnyFitting]) -> bool:
        """Whether a later stage than this one was reached, so that all of it has been reported."""
        stages = self._before.stages
        if number < len(stages):
            for one, standing in zip(fittings, stages[number], strict=True):
                assert isinstance(one, Fitting)
                one.restore(standing)
        return number + 1 < len(stages)

    def keep(self, fittings: Sequence[AnyFitting]) -> None:
        """After every quarter of the epochs of a stage, in place of what was kept before: a kill leaves the one or the
        other. A baseline has nothing to go on from."""
        if self._file is None or not _is_rung(fittings):
            return
        stages = [*self._left, [one.standing for one in _networks(fittings)]]
        tensors = {
            name: tensor
            for place, stage in enumerate(stages)
            for number, standing in enumerate(stage)
            for name, tensor in above(f"{place}.{number}.", standing.tensors).items()
        }
        facts = [[standing.facts for standing in stage] for stage in stages]
        head = {"params": self._params, "told": self._told, "facts": facts, "seconds": self._seconds}
        _write(self._file, tensors, json.dumps({**head, "made": self._made}))

    def leave(self, fittings: Sequence[AnyFitting]) -> None:
        """A stage is through: of its networks this is all that is held from now on."""
        if self._file:
            self._left.append([one.outcome for one in _networks(fittings)])


def _networks(fittings: Sequence[AnyFitting]) -> list[Fitting]:
    return [one for one in fittings if isinstance(one, Fitting)]


def _is_rung(fittings: Sequence[AnyFitting]) -> bool:
    epochs = max(one.spec.training.epochs for one in fittings)
    furthest = max((one.number for one in _networks(fittings)), default=0)
    return furthest > 0 and furthest % max(1, epochs // QUARTERS) == 0


def _write(file: Path, tensors: Mapping[str, Tensor], told: str) -> None:
    """Where it cannot be written, as on a full disk, what was kept before stands: the trial is as healthy without."""
    making = file.with_suffix(f".{os.getpid()}")
    try:
        save_file(dict(tensors), making, metadata={"rung": told})
        making.replace(file)
    except (OSError, SafetensorError):
        with suppress(OSError):
            making.unlink(missing_ok=True)


def rung_file(folder: Path, params: Params) -> Path:
    written = json.dumps(dict(params), sort_keys=True)
    return folder / f"{hashlib.sha256(written.encode()).hexdigest()[:24]}.safetensors"


def read_rung(file: Path) -> Rung:
    """What is kept there; nothing where it cannot be read."""
    try:
        written, tensors = _read_facts(file), load_file(file)
        stages = [
            [TrainingState(below(f"{place}.{number}.", tensors), facts) for number, facts in enumerate(stage)]
            for place, stage in enumerate(written["facts"])
        ]
        return Rung(written["told"], stages, written["seconds"], written["made"])
    except UNREADABLE:
        return Rung()


def _take_in(file: Path, made: MadeWith) -> Rung:
    """Weights of another candorcast, or of another precision, would fit nowhere or be mixed in."""
    kept = read_rung(file)
    if kept.made == made:
        return kept
    with suppress(OSError):
        file.unlink(missing_ok=True)
    return Rung()


def tell_making(spec: RunSpec) -> MadeWith:
    """What the rungs of a trial of this spec depend on, besides the data: `auto` stands for what it is here."""
    training = settle(spec.training, spec.model.family)
    return {
        "candorcast": version("candorcast"),
        "torch": torch.__version__,
        "precision": training.precision,
        "spec": spec.model_copy(update={"training": training}).digest(),
    }


def list_unfinished(folder: Path) -> list[Params]:
    """The params of all trials of which something is kept, the furthest first."""
    unfinished = []
    for file in sorted(folder.glob("*.safetensors")):
        try:
            written = _read_facts(file)
            unfinished.append((-len(written["told"]), written["params"]))
        except UNREADABLE:
            continue
    return [params for _, params in sorted(unfinished, key=lambda one: one[0])]


def forget_rung(folder: Path, params: Params) -> None:
    """The trial has ended; what a killed process had half written goes too."""
    for file in folder.glob(f"{rung_file(folder, params).stem}.*"):
        file.unlink(missing_ok=True)


def _read_facts(file: Path) -> dict[str, Any]:
    with safe_open(file, framework="pt") as opened:
        written: Mapping[str, str] = opened.metadata()
        return json.loads(written["rung"])
