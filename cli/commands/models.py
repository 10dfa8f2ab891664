"""`models` lists what is registered; `rollback` moves the champion to a version that stood before, or by force to one
that the gate refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from getpass import getuser
from typing import TYPE_CHECKING, Any

from cli.screens import versions
from cli.screens.seats import move_row, tell_age
from cli.session import DONE, Session
from ml_core.registry.files import CARD

if TYPE_CHECKING:
    from ml_core.registry.moves import Move
    from ml_core.registry.version import ModelVersion

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
    for line in _papers(registered) if registered else ():
        session.terminal.say(line)
    session.terminal.document(
        [describe(version, moves, old=old.get(version.version, "")) for version in registered]
    )
    return DONE


def _papers(versions: Sequence[ModelVersion]) -> Iterator[str]:
    """Where the card of the newest lies, and which are certified."""
    if versions[0].card:
        yield f"card of version {versions[0].version}: {versions[0].folder / CARD}"
    yield from (f"version {one.version}: {one.certificate.told}" for one in versions if one.certificate)


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
        **({"certificate": vars(version.certificate)} if version.certificate else {}),
        **({"card": f"{version.folder / CARD}"} if version.card else {}),
    }
    if not version.readable:
        return told | {"evidence": None, "error": str(version.read)}
    return told | {"evidence": version.evidence}


def rollback(session: Session, *, version: str | None, force: bool, why: str) -> int:
    from ml_core.data.past import newest_session
    from ml_core.registry.by_hand import SeatChange, seat_by_hand
    from ml_core.registry.versions import Registry

    name = session.model_name
    asked = SeatChange(version, force, by=getuser() if why else "", reason=why)
    since = newest_session(session.experiment, session.home)
    done = seat_by_hand(Registry(session.home), name, asked, day=session.now.date(), since=since)
    came = f"moved from version {done.left} to" if done.left else "is now version"
    marked = f", by force: it {done.against}" if done.against else ""
    session.terminal.say(f"{name}: champion {came} {done.version}{marked}")
    session.terminal.document(
        {"model": name, "from": done.left, "to": done.version, "forced": bool(done.against)}
    )
    return DONE
