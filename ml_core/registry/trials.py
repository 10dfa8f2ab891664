"""One trial of a search: what was tried, and what came of it so far. The search keeps it in its ledger, the registry
logs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ml_core.registry.dated import DatedScores
from ml_core.spec.plain import numbers_of, write_plain

Params = Mapping[str, Any]  # the family, and the value of each key that the search varies
TrialStatus = Literal["running", "stopped", "finished", "failed"]


@dataclass(frozen=True)
class Trial:
    """`stopped` was cut by the scheduler, `finished` was scored on the folds' test dates. `history` has a row for each
    epoch: its own score, loss and skill, the best score so far, and in a race its fold. `result` holds the
    `test_score`, the objective's `scores` by date and the strategy's `returns` by date, once there are any; and of each
    of its `seeds` the best score on validation, the mean over folds."""

    id: str
    params: Params
    status: TrialStatus = "running"
    history: tuple[Mapping[str, float], ...] = ()
    result: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""

    @property
    def score(self) -> float | None:
        """The best one on the validation dates, that of the weights that are kept; in a race the mean over folds."""
        return self.history[-1].get("best", self.history[-1]["score"]) if self.history else None

    @property
    def fold(self) -> int | None:
        """In a race, how many folds it has begun; None where all run side by side."""
        return int(self.history[-1]["fold"]) if self.history and "fold" in self.history[-1] else None

    @property
    def test_score(self) -> float | None:
        return self.result.get("test_score")


def write_line(trial: Trial) -> str:
    """A trial as a line of a ledger's file."""
    return write_plain(trial) + "\n"


def read_line(line: str) -> Trial:
    """The trial of such a line. An earlier candorcast called its params `point`."""
    written = json.loads(line)
    if "point" in written:
        written["params"] = written.pop("point")
    history, result = (numbers_of(written[name]) for name in ("history", "result"))
    return Trial(**{**written, "history": tuple(history), "result": keep_small(result)})


def keep_small(result: Mapping[str, Any]) -> dict[str, Any]:
    """What a trial came to, its numbers by date in few bytes."""
    return {name: DatedScores(one) if isinstance(one, dict) else one for name, one in result.items()}
