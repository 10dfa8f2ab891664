"""Lets the end of a trial be known in the order of numbers, whoever reported first.

What is decided of a trial, its params and whether it is dropped, looks only at the trials that began `lag` numbers
before it or earlier. All of those have ended when it begins, and of later ones nothing is told, even if they have ended
too. So a search does not depend on how many workers it has, nor on which of them is fast.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

Result = Mapping[str, Any] | None  # the last one of a trial; none if it failed


class Turns:
    """Trials that have begun, and what came of them, until their turn to be known has come."""

    def __init__(self, lag: int) -> None:
        self._lag = lag
        self._begun: deque[str] = deque()
        self._ended: dict[str, Result] = {}

    @property
    def must_wait(self) -> bool:
        """Whether the next trial may not begin yet: one that it has to know of still runs."""
        return len(self._begun) >= self._lag and self._begun[0] not in self._ended

    def due(self) -> Iterator[tuple[str, Result]]:
        """What the next trial knows and the one before it did not."""
        while len(self._begun) >= self._lag:
            trial = self._begun.popleft()
            yield trial, self._ended.pop(trial)

    def begin(self, trial: str) -> None:
        self._begun.append(trial)

    def end(self, trial: str, result: Result) -> None:
        self._ended[trial] = result
