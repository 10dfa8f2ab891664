"""Lets the seat follow what came of forecasts: a claim that was refuted is given back, and with the last one the seat;
a challenger with a proven claim sits down, unless whoever sits there has more. Each step is noted in the registry with
its cause."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from ml_core.data.order import Order
from ml_core.live.standing import LiveStanding
from ml_core.live.watched import line_of
from ml_core.promotion.gate import name_places
from ml_core.promotion.sitter import what_is_proven
from ml_core.registry.noted import ClaimPlace, Noted
from ml_core.registry.seats import CHALLENGER, CHAMPION, NOBODY, REFERENCE, Seat
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry


@dataclass(frozen=True)
class LiveChange:
    """What live evidence has changed. `kind` names the event; `why` says it in a sentence."""

    kind: str  # claim-proven, claim-refuted, seat-given-back, seat-taken
    version: str
    why: str


def follow_evidence(order: Order, standings: Sequence[LiveStanding], *, session: dt.date) -> list[LiveChange]:
    """What these standings change, all of it done. `session`: the last that is stored. A second time it changes
    nothing."""
    registry, steps = Registry(order.home), list[LiveChange]()
    for seat in (CHAMPION, CHALLENGER):
        if sitting := _readable(registry, order.name, seat):
            steps += _note(registry, sitting, standings)
    if champion := _readable(registry, order.name, CHAMPION):
        steps += _give_back(registry, champion, session)
    if challenger := _readable(registry, order.name, CHALLENGER):
        steps += _sit_down(registry, challenger, session)
    return steps


def _readable(registry: Registry, name: str, seat: Seat) -> ModelVersion | None:
    sitting = registry.sitting(name, seat)
    return sitting if sitting and sitting.readable else None


def _note(registry: Registry, sitting: ModelVersion, standings: Sequence[LiveStanding]) -> list[LiveChange]:
    """What was decided of its line and is not noted on it yet."""
    steps = []
    for one in standings:
        place: ClaimPlace = (one.terms.claim, one.terms.horizon)
        if one.terms.line != line_of(sitting) or one.verdict not in ("proven", "refuted"):
            continue
        known = sitting.live.get(place)
        if known and known.verdict == one.verdict:
            continue
        registry.note(
            sitting.name, sitting.version, place, Noted(one.verdict, f"{one.decided_on}", one.told())
        )
        why = f"version {sitting.version}, {name_places([place])}: {one.told()}"
        steps.append(LiveChange(f"claim-{one.verdict}", sitting.version, why))
    return steps


def _give_back(registry: Registry, champion: ModelVersion, session: dt.date) -> list[LiveChange]:
    """With the last of its claims a champion gives back the seat: the reference answers. One without a claim to lose,
    whom somebody put there, stays, and so does one after whom nobody would answer."""
    reference, name = registry.sitting(champion.name, REFERENCE), champion.name
    refuted = [place for place, one in champion.live.items() if one.verdict == "refuted"]
    if not refuted or reference is None or what_is_proven(champion, champion.spec.task.horizons):
        return []
    why = f"version {champion.version} gave back the seat: {name_places(refuted)} refuted live"
    registry.vacate(name, CHAMPION)
    registry.seat(name, reference.version, REFERENCE, cause="refuted", why=why, since=session)
    return [LiveChange("seat-given-back", champion.version, why)]


def _sit_down(registry: Registry, challenger: ModelVersion, session: dt.date) -> list[LiveChange]:
    """A challenger of whom something is proven live and nothing is refuted, where a champion has no more than it. A
    reference says no direction, and stands in nobody's way."""
    noted, name = challenger.live, challenger.name
    own = [place for place, one in noted.items() if one.verdict == "proven"]
    if not own or len(own) < len(noted):
        return []
    champion = registry.sitting(name, CHAMPION)
    readable = champion is not None and champion.readable
    if champion and readable and len(what_is_proven(champion, champion.spec.task.horizons)) > len(own):
        return []
    why = f"version {challenger.version} proved live: {name_places(own)}"
    registry.promote(
        name,
        challenger.version,
        instead_of=champion.version if champion else NOBODY,
        cause="live",
        why=why,
        since=session,
    )
    return [LiveChange("seat-taken", challenger.version, why)]
