"""What a file of `methods` declares: a way to explain one forecast, where it can be taken, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ml_core.explain.attribution import ForecastPart
from ml_core.explain.methods import METHODS
from ml_core.explain.subject import Subject
from ml_core.spec import choices

LEVEL_ONLY = "it is told of where the forecast goes (level), not of its place or its range"


@dataclass(frozen=True)
class Method:
    """`about`: what it tells, in one line. `excuse(subject)`: why it tells nothing of this forecast; empty where it
    does. `explain(subject, of)`: what it found of this part of it, a frozen value that can be written as JSON.
    `level_only`: whether that is of where the forecast goes, and of nothing else."""

    about: str
    excuse: Callable[[Subject], str]
    explain: Callable[[Subject, ForecastPart], object]
    level_only: bool = False

    def silence(self, subject: Subject, of: ForecastPart) -> str:
        """Why it tells nothing of this part of the forecast; empty where it does."""
        return LEVEL_ONLY if self.level_only and of != "level" else self.excuse(subject)


def method_names() -> tuple[str, ...]:
    """Every method there is, in alphabetical order."""
    return tuple(choices.names(METHODS))


def load_method(name: str) -> Method:
    """The method of that name; an unknown name is answered with the nearest known one."""
    return choices.declared(METHODS, name, Method)


def ask_all(subject: Subject, of: ForecastPart) -> tuple[dict[str, Any], dict[str, str]]:
    """What each method finds by its name; of one that tells nothing, why."""
    answers, silent = {}, {}
    for name in method_names():
        method = load_method(name)
        if why := method.silence(subject, of):
            silent[name] = why
        else:
            answers[name] = method.explain(subject, of)
    return answers, silent
