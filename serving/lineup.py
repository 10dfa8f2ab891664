"""Gathers all versions of a model: who sat where and when, what each was judged by, and what came of its forecasts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from ml_core.data.order import Order
from ml_core.live.ledger import open_ledger
from ml_core.live.standing import LiveStanding, read_standings
from ml_core.registry.moves import Move
from ml_core.registry.seats import CHALLENGER, CHAMPION, Seat
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry


@dataclass(frozen=True)
class Sitting:
    """A version in a seat, from one moment to another, and the move by which it sat down."""

    seat: Seat
    version: str
    start: dt.datetime
    end: dt.datetime
    move: Move


@dataclass(frozen=True)
class Lineup:
    """`versions`: those whose evidence can be read, the newest first. `standings`: the live claims that were asked;
    `scores`: what came, session by session."""

    name: str
    now: dt.datetime
    versions: tuple[ModelVersion, ...]
    moves: tuple[Move, ...]
    standings: tuple[LiveStanding, ...]
    scores: pl.DataFrame

    def find(self, version: str | None) -> ModelVersion | None:
        return next((one for one in self.versions if one.version == version), None)

    def sittings(self) -> list[Sitting]:
        """In the order of time."""
        end = max([self.now, *(move.at for move in self.moves)])
        sittings = []
        for place, move in enumerate(self.moves):
            until = next((later.at for later in self.moves[place + 1 :] if _ends(move, later)), end)
            sittings.append(Sitting(move.seat, move.version, move.at, until, move))
        return sittings


def _ends(move: Move, later: Move) -> bool:
    """Whether who sat down by the one gets up by the other: for somebody else, to be champion, or refuted."""
    risen = later.seat == CHAMPION and later.version == move.version and move.seat == CHALLENGER
    return later.seat == move.seat or risen or (move.seat == CHAMPION and later.cause == "refuted")


def gather(order: Order, *, now: dt.datetime) -> Lineup:
    registry, ledger = Registry(order.home), open_ledger(order)
    asked = [one for one in read_standings(ledger) if one.terms.asked and one.sessions]
    return Lineup(
        order.name,
        now,
        tuple(one for one in registry.versions(order.name) if one.readable),
        tuple(registry.moves(order.name)),
        tuple(asked),
        ledger.scores(),
    )
