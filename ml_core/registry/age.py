"""Tells when a model is old: more sessions have passed since the last outcome that it learned from than its recipe was
walked forward at a time, and nobody has fitted it again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from ml_core.registry.moves import since_refuted
from ml_core.registry.seats import ANSWERING, CHAMPION, REFERENCE, seat_of

if TYPE_CHECKING:
    from ml_core.registry.moves import Cause, Move
    from ml_core.registry.version import ModelVersion
    from ml_core.spec.experiment import Experiment

GRACE = {"daily": 5, "weekly": 2}  # sessions of the data; nobody refreshes and forecasts on the very day
# A promotion is no fresh start: the refit that follows it may have been interrupted.
FRESH: tuple[Cause, ...] = ("refit", "kept", "hand", "reference")
WAITS = {"kept": "its last refit was refused", "hand": "it was put there by hand"}


def refit_every(experiment: Experiment, sessions: int) -> int:
    """After how many sessions the recipe is fitted again. Where the file asks for no refits, the step at which it was
    walked forward: what was judged is no older than that. `sessions`: how many there are; a step may be a share."""
    if experiment.serving.refit:
        return experiment.serving.refit
    test = experiment.validation.test
    return test if isinstance(test, int) else max(1, round(test * sessions))


def last_fresh(registered: ModelVersion, moves: Sequence[Move]) -> dt.date:
    """The last session whose outcome it knew, or was left in its place on: from there the next refit is counted."""
    return max([registered.evidence.unseen, *(move.since for move in _own(registered, moves))])


def tell_old_model(
    experiment: Experiment, registered: ModelVersion, moves: Sequence[Move], dates: Collection[dt.date]
) -> str:
    """In one sentence that whoever answers is old, with what brings a younger one; empty where it is not, and of a
    version that does not answer. `dates`: the sessions that are stored. The widths of a reference follow the outcomes
    of every day, so that it is no older than its place."""
    seat = seat_of(registered)
    if seat not in ANSWERING or not registered.readable:
        return ""
    if seat == REFERENCE and any(move.seat == CHAMPION for move in since_refuted(moves)):
        return ""  # nobody is answered by it
    left, every = last_fresh(registered, moves), refit_every(experiment, len(dates))
    last = left if seat == REFERENCE else registered.evidence.unseen
    behind = sum(1 for day in dates if day > last)
    if behind <= every + GRACE.get(experiment.task.frequency, 5):
        return ""
    why, command = f"it is due to be fitted again every {every}", f"candorcast predict {experiment.name}"
    waits = every - sum(1 for day in dates if day > left)
    if waits > 0:
        why = WAITS.get(_own(registered, moves)[-1].cause, "its next refit is not due yet")
        why += f", and it is fitted again in {waits} sessions; another may be looked for now"
        command = f"candorcast search {experiment.name} --afresh"
    elif experiment.serving.refit == 0:
        why, command = (
            f"the file asks for no refits, and it was judged at one every {every}",
            (f"{command} --set serving.refit={every}"),
        )
    return f"version {registered.version} knows no outcome after {last}, {behind} sessions ago: {why}; run: {command}"


def _own(registered: ModelVersion, moves: Sequence[Move]) -> list[Move]:
    """Its own moves that begin a count anew."""
    return [
        move
        for move in moves
        if move.version == registered.version and move.seat in ANSWERING and move.cause in FRESH
    ]
