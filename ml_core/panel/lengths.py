"""Counts the sessions of each part, where a file says a share of all or the date on which the holdout begins."""

import datetime as dt
from bisect import bisect_left
from dataclasses import dataclass

from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.spec.experiment import Validation


@dataclass(frozen=True)
class Lengths:
    """Sessions of each part, and from one test to the next."""

    train: int
    test: int
    step: int
    holdout: int


def count_sessions(sessions: list[dt.date], validation: Validation) -> Lengths:
    """A share is of these sessions, rounded, at least one; a date counts from the first session on it or after."""
    train, test = (_count(part, len(sessions)) for part in (validation.train, validation.test))
    if validation.step and validation.step < test:
        raise InvalidInput(
            f"validation.step {validation.step} is shorter than validation.test {validation.test}, "
            f"{test} of {len(sessions)} sessions: some would be scored twice"
        )
    holdout = validation.holdout
    last = _since(sessions, holdout) if isinstance(holdout, dt.date) else _count(holdout, len(sessions))
    return Lengths(train, test, validation.step or test, last)


def _count(part: float, sessions: int) -> int:
    return part if isinstance(part, int) else max(1, round(part * sessions))


def _since(sessions: list[dt.date], first: dt.date) -> int:
    if not sessions or not sessions[0] < first <= sessions[-1]:
        known = f"they go from {sessions[0]} to {sessions[-1]}" if sessions else "there are none"
        raise NotEnoughData(f"validation.holdout {first}: expected a date among the usable sessions; {known}")
    return len(sessions) - bisect_left(sessions, first)
