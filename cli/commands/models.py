"""`models` lists what is registered; `rollback` moves the champion to a version that stood before, or by force to one
that the gate refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cli.screens import versions
from cli.screens.seats import move_row, tell_age
from cli.session import DONE, Session
from ml_core.errors import InvalidInput

if TYPE_CHECKING:
    from ml_core.registry.moves import Move
    from ml_core.registry.version import ModelVersion
    from ml_core.registry.versions import Registry

SHOWN = 10


def models(session: Session) -> int:
    from ml_core.registry.versions import Registry

    name = session.model_name
    registry = Registry(session.home)
    registered, moves = registry.versions(name), registry.moves(name)
    if not registered:
        session.terminal.say(f"{name}: nothing is registered yet; run: {session.spell('search')}")
    session.terminal.table([versions.version_row(version) for version in registered], title=name)
    old = {version.version: tell_age(session, version) for version in registered if version.readable}
    for version in registered:
        if told := old.get(version.version, "") if version.readable else str(version.read):
            session.terminal.warn(told)
    last = moves[-SHOWN:]
    title = "who sat where" if last == moves else f"who sat where, the last {SHOWN} of {len(moves)} moves"
    session.terminal.table([move_row(move) for move in last], title=title)
    session.terminal.document(
        [describe(version, moves, old=old.get(version.version, "")) for version in registered]
    )
    return DONE


def describe(version: ModelVersion, moves: Sequence[Move], *, old: str = "") -> dict[str, Any]:
    """A version as `--json` tells it; one whose evidence cannot be read has the reason in its place."""
    sat = [
        {"seat": move.seat, "since": f"{move.since}", "cause": move.cause, "why": move.why}
        for move in moves
        if move.version == version.version
    ]
    told: dict[str, Any] = {
        "version": version.version,
        "aliases": list(version.aliases),
        "created": version.created,
        "sat": sat,
        **({"forced": version.forced} if version.forced else {}),
        **({"old": old} if old else {}),
    }
    if not version.readable:
        return told | {"evidence": None, "error": str(version.read)}
    return told | {"evidence": version.evidence}


def rollback(session: Session, *, version: str | None, force: bool) -> int:
    from ml_core.data.past import newest_session
    from ml_core.registry.seats import CHAMPION
    from ml_core.registry.versions import Registry

    registry, name = Registry(session.home), session.model_name
    before = registry.sitting(name, CHAMPION)
    asked = registry.find(name, version) if version else _passed_before(registry, name)
    if before and asked.version == before.version:
        raise InvalidInput(f"{name} version {asked.version} is champion already")
    registry.load(asked)  # what cannot be read is refused before it is served
    against = _why_not(asked)
    if against and not force:
        raise InvalidInput(
            f"{name} version {asked.version} {against}; to seat it all the same, marked for ever: "
            f"{session.spell('rollback')} --version {asked.version} --force"
        )
    if against:
        registry.mark_forced(name, asked.version, day=session.now.date())
    left = before.version if before else None
    since = newest_session(session.experiment, session.home)
    how = "by force" if against else "rollback"
    moved = f"{how} from version {left}" if left else f"{how}; the seat was empty"
    registry.promote(name, asked.version, since=since, why=moved)
    came = f"moved from version {left} to" if left else "is now version"
    marked = f", by force: it {against}" if against else ""
    session.terminal.say(f"{name}: champion {came} {asked.version}{marked}")
    session.terminal.document({"model": name, "from": left, "to": asked.version, "forced": bool(against)})
    return DONE


def _passed_before(registry: Registry, name: str) -> ModelVersion:
    """The last version before the champion that earned the seat; where he was put there by force, the last of all."""
    from ml_core.registry.seats import CHAMPION

    now, versions = registry.find(name, CHAMPION), registry.versions(name)
    for registered in versions:
        earlier = registered.readable and (int(registered.version) < int(now.version) or now.forced)
        if earlier and registered.version != now.version and not _why_not(registered):
            return registered
    known = ", ".join(registered.version for registered in versions if registered.version != now.version)
    raise InvalidInput(
        f"{name}: no version before {now.version} passed the gate; name one with --version: {known or 'none yet'}"
    )


def _why_not(asked: ModelVersion) -> str:
    """Why it has not earned the seat, if it has not."""
    if asked.evidence.role == "reference":
        return "is a reference: it says no direction, and answers where nobody is champion"
    refused = asked.evidence.gate.told_refused
    return f"was refused by the gate: {refused}" if refused else ""
