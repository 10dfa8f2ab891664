"""Ends a search from outside, so that Tune closes its own affairs first."""

from typing import Any

from ray.tune import Stopper


class Brake(Stopper):
    """Tune asks it after each event whether all trials are to end."""

    pulled = False

    def __call__(self, *_: Any, **__: Any) -> bool:
        return False

    def stop_all(self) -> bool:
        return self.pulled
