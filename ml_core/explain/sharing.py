"""What a file of `shares` declares: of which learners it can say how much each input adds to what they say, and the
function that says it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from ml_core.baselines import PanelRows
from ml_core.explain.shares import SHARES
from ml_core.forecaster.members import Member, View
from ml_core.spec import choices

OutputPart = Literal["mean", "scale"]
PEERS = "other_tickers"  # what a joint model reads of them
PAST_ROWS = 64


@dataclass(frozen=True)
class Question:
    """Which rows of the panel are explained, at which horizon (by its place), and whether the mean or the scale of it.
    `past_NT`: the rows that are known and may stand for what is usual."""

    view: View
    rows_NT: np.ndarray
    horizon: int
    part: OutputPart
    past_NT: np.ndarray


def past_rows(question: Question) -> np.ndarray:
    """x_PF of rows of all tickers, evenly spread over what is known: beside them features are taken away."""
    place_P = np.flatnonzero(question.past_NT)
    chosen = np.unique(np.linspace(0, len(place_P) - 1, min(PAST_ROWS, len(place_P))).astype(int))
    rows_NT = np.zeros(question.past_NT.size, dtype=bool)
    rows_NT[place_P[chosen]] = True
    view = question.view
    return PanelRows(view.windows, rows_NT.reshape(question.past_NT.shape), view.features).x_RF


@dataclass(frozen=True)
class Shared:
    """In units of volatility, R rows in the order of the panel: `value_R` is what the member says, `base_R` what it
    says where no input tells anything, and `share_RLF` what each input adds at each lag; lag 0 is the last session.
    What is left over by a rule that is not exact, `rest_R`, is told and never spread."""

    names: tuple[str, ...]
    value_R: np.ndarray
    base_R: np.ndarray
    share_RLF: np.ndarray

    @property
    def rest_R(self) -> np.ndarray:
        return self.value_R - self.base_R - self.share_RLF.sum(axis=(1, 2))


@dataclass(frozen=True)
class Sharing:
    """`order`: who is asked first whether he can; the last one can always."""

    order: int
    can: Callable[[Member], bool]
    share: Callable[[Member, Question], Shared]


@cache
def sharings() -> tuple[tuple[str, Sharing], ...]:
    """All ways by name, in the order in which they are asked."""
    ways = [(name, choices.declared(SHARES, name, Sharing)) for name in choices.names(SHARES)]
    return tuple(sorted(ways, key=lambda one: one[1].order))


def way_of(member: Member) -> str:
    """The name of the way in which a member's answer is shared."""
    return next(name for name, sharing in sharings() if sharing.can(member))


def share(member: Member, question: Question) -> Shared:
    """What each input adds to what this member says."""
    return dict(sharings())[way_of(member)].share(member, question)
