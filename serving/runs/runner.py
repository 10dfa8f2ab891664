"""What a place must be able to do where runs are made: start one, list them, show its log, cancel it. This process and
Prefect's server are two such places."""

from collections.abc import Sequence
from typing import Protocol

from serving.runs.request import RunRequest
from serving.runs.run import Run

LINES = 400  # of a log, at most


class Runner(Protocol):
    """Of one experiment."""

    def does(self, verb: str) -> bool:
        """Whether it can be asked for this."""
        ...

    def start(self, asked: RunRequest, *, by: str) -> Run: ...

    def runs(self, most: int) -> Sequence[Run]:
        """The newest first."""
        ...

    def find(self, name: str) -> Run | None: ...

    def log(self, name: str) -> list[str]:
        """The last lines of a run that it has found."""
        ...

    def cancel(self, name: str, *, by: str) -> None:
        """Ask a run that it has found to end; one that has ended stays as it is."""
        ...
