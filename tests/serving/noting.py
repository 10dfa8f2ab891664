"""A runner that does nothing but note what it was asked for: for tests of those who ask."""

import datetime as dt
from collections.abc import Sequence
from itertools import count

from ml_core.errors import AlreadyRunning
from serving.rest.parameters import EXAMPLE
from serving.runs.request import VERBS, RunRequest
from serving.runs.run import Run

BEGUN = dt.timedelta(minutes=5)


class Noting:
    """One run has ended before; each that is asked for goes on until it is cancelled or `end` is called."""

    def __init__(self, experiment: str, now: dt.datetime, *, one_at_a_time: bool = False) -> None:
        self._experiment, self._now, self._alone = experiment, now, one_at_a_time
        self._numbers = count(1)
        self.kept: dict[str, Run] = {}
        self.logs: dict[str, list[str]] = {}
        self.asked: list[tuple[RunRequest, str]] = []
        self._keep(EXAMPLE, RunRequest(verb="refresh"), by="earlier")
        self.end(EXAMPLE)

    def does(self, verb: str) -> bool:
        return verb in VERBS

    def start(self, asked: RunRequest, *, by: str) -> Run:
        if self._alone and (going := next((run.id for run in self.kept.values() if run.going), None)):
            raise AlreadyRunning(f"a home does one run at a time; wait for it, or cancel {going}")
        self.asked.append((asked, by))
        return self._keep(f"20260102-220000-{next(self._numbers):06}-{asked.verb}", asked, by=by)

    def runs(self, most: int) -> Sequence[Run]:
        return [self.kept[name] for name in sorted(self.kept, reverse=True)][:most]

    def find(self, name: str) -> Run | None:
        return self.kept.get(name)

    def log(self, name: str) -> list[str]:
        return self.logs[name]

    def cancel(self, name: str, *, by: str) -> None:
        self.end(name, state="cancelled", told=f"cancelled by {by}")

    def end(self, name: str, **told: object) -> None:
        ended = {"state": "completed", "ended": self._now + BEGUN, **told}
        self.kept[name] = self.kept[name].model_copy(update=ended)

    def _keep(self, name: str, asked: RunRequest, *, by: str) -> Run:
        run = Run(
            id=name, verb=asked.verb, experiment=self._experiment, state="running", where="here",
            parameters=asked.told, by=by, created=self._now, told="> it has begun",
        )  # fmt: skip
        self.kept[name], self.logs[name] = run, ["> it has begun"]
        return run
