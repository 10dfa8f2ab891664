"""What a file of `surveys` declares: a way to tell what a model hangs on over a stretch of sessions that it did not
learn from, where it can be taken, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ml_core.explain.stretch import Stretch
from ml_core.explain.surveys import SURVEYS
from ml_core.spec import choices


@dataclass(frozen=True)
class Survey:
    """`about`: what it tells, in one line. `excuse(stretch)`: why it tells nothing of this model; empty where it does.
    `tell(stretch, horizon, seed)`: what it found, a frozen value that can be written as JSON."""

    about: str
    excuse: Callable[[Stretch], str]
    tell: Callable[[Stretch, int, int], object]


def survey_names() -> tuple[str, ...]:
    """Every survey there is, in alphabetical order."""
    return tuple(choices.names(SURVEYS))


def load_survey(name: str) -> Survey:
    """The survey of that name; an unknown name is answered with the nearest known one."""
    return choices.declared(SURVEYS, name, Survey)
