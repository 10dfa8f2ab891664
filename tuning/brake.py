"""Ends a search from outside, so that Tune closes its own affairs first."""

from typing import Any

from ray.tune import Stopper


class Brake(Stopper):
    """Tune asks it after each event whether all trials are to end."""

    def __init__(self) -> None:
        self.pulled = False
        self._failure: Exception | None = None

    def __call__(self, *_: Any, **__: Any) -> bool:
        return False

    def stop_all(self) -> bool:
        return self.pulled

    def fail(self, failure: Exception) -> None:
        """All trials are to end because of it. It is kept here: of what is raised where Tune calls back, Tune would
        make an error of its own."""
        self._failure = self._failure or failure
        self.pulled = True

    def check(self) -> None:
        """Raise what the search failed of."""
        if self._failure:
            raise self._failure
