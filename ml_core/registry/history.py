"""Says who sat in the seat on a date of the past, as the moves tell it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ml_core.errors import InvalidInput
from ml_core.registry.lineage import unseen_by
from ml_core.registry.moves import since_refuted
from ml_core.registry.seats import ANSWERING, REFERENCE

if TYPE_CHECKING:
    from ml_core.registry.moves import Move
    from ml_core.registry.version import ModelVersion
    from ml_core.registry.versions import Registry


@dataclass(frozen=True)
class Stood:
    """Who answers for a date, under the seat that it had then. `then` is false where nobody sat there yet, and a
    version that was made later stands in; it is no champion of that day."""

    version: ModelVersion
    then: bool


def who_stood(registry: Registry, name: str, day: dt.date) -> Stood:
    """The champion of that day, else its reference. Before anybody sat there: of whoever answers today and those it
    was fitted again from, the youngest that did not learn from the day."""
    moves = since_refuted([move for move in registry.moves(name) if move.since <= day])
    for seat in ANSWERING:
        last = next((move for move in reversed(moves) if move.seat == seat), None)
        if last and (registered := _readable(registry, name, last)):
            return Stood(replace(registered, aliases=(seat,)), then=True)
    present = registry.find(name)
    stand_in = unseen_by(registry, present, day)
    sat = (REFERENCE,) if stand_in.evidence.role == "reference" else ()
    return Stood(replace(stand_in, aliases=sat), then=False)


def _readable(registry: Registry, name: str, move: Move) -> ModelVersion | None:
    """A version that was deleted since, or that this candorcast cannot read, answers nothing."""
    try:
        registered = registry.find(name, move.version)
    except InvalidInput:
        return None
    return registered if registered.readable else None
