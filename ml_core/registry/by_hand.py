"""Makes a version champion because somebody says so: the last earlier one that passed the gate, or one that is named.
The same rules hold wherever it is said: what the gate refused is seated by force alone, and marked for ever."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml_core.errors import InvalidInput
from ml_core.registry.seats import CHAMPION, NOBODY

if TYPE_CHECKING:
    from ml_core.registry.version import ModelVersion
    from ml_core.registry.versions import Registry


@dataclass(frozen=True)
class SeatChange:
    """`version`: None is the last earlier one that passed. `by` and `reason` stand in the registry beside the move."""

    version: str | None = None
    force: bool = False
    by: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Seated:
    """`left`: who was champion before. `against`: what the gate had against it, where it was forced."""

    version: str
    left: str | None
    against: str


def seat_by_hand(
    registry: Registry, name: str, asked: SeatChange, *, day: dt.date, since: dt.date | None
) -> Seated:
    """On that `day`; the version answers from the session `since` on."""
    moved = consider(registry, name, asked)
    registry.promote(
        name, moved.version, instead_of=moved.left or NOBODY, since=since, why=_tell(asked, moved)
    )
    if moved.against:
        registry.mark_forced(name, moved.version, day=day)
    return moved


def consider(registry: Registry, name: str, asked: SeatChange) -> Seated:
    """What would come of it, or why it is refused; nothing is changed."""
    before = registry.sitting(name, CHAMPION)
    chosen = registry.find(name, asked.version) if asked.version else passed_before(registry, name)
    if before and chosen.version == before.version:
        raise InvalidInput(f"{name} version {chosen.version} is champion already")
    registry.load(chosen)  # what cannot be read is refused before it is served
    against = why_not(chosen)
    if against and not asked.force:
        raise InvalidInput(
            f"{name} version {chosen.version} {against}; to seat it all the same, marked for ever: "
            f"candorcast rollback {name.rpartition('.')[0]} --version {chosen.version} --force"
        )
    return Seated(chosen.version, before.version if before else None, against)


def passed_before(registry: Registry, name: str) -> ModelVersion:
    """The last version before the champion that earned the seat; where he was put there by force, the last of all."""
    now, versions = registry.find(name, CHAMPION), registry.versions(name)
    for registered in versions:
        earlier = registered.readable and (int(registered.version) < int(now.version) or now.forced)
        if earlier and registered.version != now.version and not why_not(registered):
            return registered
    known = ", ".join(registered.version for registered in versions if registered.version != now.version)
    raise InvalidInput(
        f"{name}: no version before {now.version} passed the gate; name one with --version: {known or 'none yet'}"
    )


def why_not(asked: ModelVersion) -> str:
    """Why it has not earned the seat, if it has not."""
    if asked.evidence.role == "reference":
        return "is a reference: it says no direction, and answers where nobody is champion"
    refused = asked.evidence.gate.told_refused
    return f"was refused by the gate: {refused}" if refused else ""


def _tell(asked: SeatChange, moved: Seated) -> str:
    how = "by force" if moved.against else "rollback"
    told = f"{how} from version {moved.left}" if moved.left else f"{how}; the seat was empty"
    who = f", said by {asked.by}" if asked.by else ""
    return f"{told}{who}: {asked.reason}" if asked.reason else f"{told}{who}"
