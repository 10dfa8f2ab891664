"""Tells which versions of a model there are, who sat where, and what came of what they forecast."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import Field

from ml_core.data.order import Order
from ml_core.errors import BrokenArtifact
from ml_core.live.ledger import open_ledger
from ml_core.live.standing import LiveStanding, LiveVerdict, read_standings
from ml_core.registry.certified import Certified
from ml_core.registry.moves import Move
from ml_core.registry.seats import Seat, tell_seat
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.vocabulary import words
from ml_core.vocabulary.words import listed
from serving.messages import Info, Message


class Sat(Message):
    """A seat that a version sat down in."""

    seat: Seat
    since: dt.date = Field(description="The first session that it answers from there.")
    cause: str
    why: str


class Proven(Message):
    """A claim that is a version's own at one horizon."""

    claim: str = Field(description=f"One of {listed(list(words.CLAIMS))}.")
    horizon: int


class ModelSummary(Message):
    """A registered version in a few words; all of its evidence is at /models/{version}."""

    version: str
    aliases: list[str] = Field(description="The seats that it sits in.")
    created: dt.datetime
    told: str = Field(description="Where it sits, in words.")
    family: str | None = Field(
        description="The network or baseline, or several with their weights; null where the evidence cannot be read."
    )
    proven: list[Proven] = Field(description="On its holdout or by its live forecasts, and not given back.")
    sat: list[Sat] = Field(description="Where it sat down and why, the oldest first.")
    error: str | None = Field(None, description="Why its evidence cannot be read, where it cannot.")
    certificate: Certified | None = Field(None, description="The last certificate that was signed of it.")


class Models(Message):
    """Every version, the newest first."""

    model: str
    versions: list[ModelSummary]


class ModelEvidence(Info):
    """A version, the evidence that it was judged by, and the seats that it sat in."""

    sat: list[Sat]
    card: str = Field(
        description="Its model card, in Markdown; empty of a version of before there were cards."
    )
    certificate_file: str | None = Field(
        description="The text of that certificate, as `candorcast recheck` reads it; null where no copy is kept."
    )


class LiveClaim(Message):
    """One claim of one version at one horizon, asked of the forecasts that were made before their outcomes. Effects are
    in units of the rival's usual loss (of `order`: the rank IC itself)."""

    version: str = Field(description="The version that was judged; those fitted again from it go on for it.")
    claim: str
    horizon: int
    since: dt.date = Field(description="Its first live forecast.")
    rival: str
    sessions: int = Field(description="How many were scored.")
    first: dt.date | None
    last: dt.date | None
    effect: float | None
    effect_low: float | None = Field(
        description="The confidence sequence: it may be looked at every day, for ever."
    )
    effect_high: float | None
    e_value: float = Field(description="Evidence for it; past `needed` it is proven.")
    e_value_against: float = Field(description="Evidence that it is not what it promised.")
    needed: float
    verdict: LiveVerdict
    decided_on: dt.date | None
    told: str


class Live(Message):
    """What forecasts were worth after they were made."""

    model: str
    claims: list[LiveClaim]


class Shelf:
    """What is registered for one experiment, and the ledger of its live forecasts. `tell`: how a text is put for who
    may sit at another machine."""

    def __init__(self, order: Order, tell: Callable[[str], str]) -> None:
        self._order, self._registry, self._tell = order, Registry(order.home), tell

    def models(self) -> Models:
        name = self._order.name
        moves = self._registry.moves(name)
        versions = [_describe(one, moves, self._tell) for one in self._registry.each(name)]
        return Models(model=name, versions=versions)

    def papers(self, version: str) -> dict[str, Any]:
        """Where it sat, its card, and the certificate that was signed of it."""
        return {
            "sat": self.sat(version),
            "card": self.card(version),
            "certificate_file": self.certificate(version),
        }

    def sat(self, version: str) -> list[Sat]:
        return _seats_of(version, self._registry.moves(self._order.name))

    def card(self, version: str) -> str:
        return self._registry.find(self._order.name, version).card

    def certificate(self, version: str) -> str | None:
        registered = self._registry.find(self._order.name, version)
        content = self._registry.open_papers(registered).read()
        return None if content is None else content.decode()

    def live(self) -> Live:
        standings = read_standings(open_ledger(self._order))
        return Live(model=self._order.name, claims=[_tell(one) for one in standings])


def _describe(version: ModelVersion, moves: Sequence[Move], tell: Callable[[str], str]) -> ModelSummary:
    known = {
        "version": version.version,
        "aliases": list(version.aliases),
        "created": version.created,
        "sat": _seats_of(version.version, moves),
        "certificate": version.certificate,
    }
    try:
        spec = version.spec
    except BrokenArtifact as broken:
        why = tell(str(broken))
        return ModelSummary(**known, told="its evidence cannot be read", family=None, proven=[], error=why)
    proven = [
        Proven(claim=claim, horizon=horizon)
        for horizon in spec.task.horizons
        for claim in version.proves(horizon)
    ]
    return ModelSummary(**known, told=tell_seat(version), family=spec.told, proven=proven)


def _seats_of(version: str, moves: Sequence[Move]) -> list[Sat]:
    return [
        Sat(seat=move.seat, since=move.since, cause=move.cause, why=move.why)
        for move in moves
        if move.version == version
    ]


def _tell(one: LiveStanding) -> LiveClaim:
    terms = one.terms
    return LiveClaim(
        version=terms.line,
        claim=terms.claim,
        horizon=terms.horizon,
        since=terms.since,
        rival=terms.rival,
        sessions=one.sessions,
        first=one.first,
        last=one.last,
        effect=one.mean,
        effect_low=one.low,
        effect_high=one.high,
        e_value=one.better,
        e_value_against=one.refuted,
        needed=terms.needed,
        verdict=one.verdict,
        decided_on=one.decided_on,
        told=one.told(),
    )
