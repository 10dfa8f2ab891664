"""`models` lists what is registered; `rollback` moves the champion to a version that stood before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cli.screens import versions
from cli.screens.seats import move_row
from cli.session import DONE, Session
from ml_core.errors import InvalidInput

if TYPE_CHECKING:
    from ml_core.registry.moves import Move
    from ml_core.registry.version import ModelVersion

SHOWN = 10


def models(session: Session) -> int:
    from ml_core.registry.versions import Registry

    name = session.model_name
    registry = Registry(session.home)
    found, moves = registry.versions(name), registry.moves(name)
    if not found:
        session.terminal.say(f"{name}: nothing is registered yet; run: {session.spell('search')}")
    session.terminal.table([versions.version_row(version) for version in found], title=name)
    for version in found:
        if not version.readable:
            session.terminal.warn(str(version.read))
    session.terminal.table(
        [move_row(move) for move in moves[-SHOWN:]], title=f"who sat where, the last {SHOWN} moves"
    )
    session.terminal.document([describe(version, moves) for version in found])
    return DONE


def describe(version: ModelVersion, moves: Sequence[Move]) -> dict[str, Any]:
    """A version as `--json` tells it; one whose evidence cannot be read has the reason in its place."""
    sat = [
        {"seat": move.seat, "since": f"{move.since}", "cause": move.cause, "why": move.why}
        for move in moves
        if move.version == version.version
    ]
    told = {
        "version": version.version,
        "aliases": list(version.aliases),
        "created": version.created,
        "sat": sat,
    }
    if not version.readable:
        return told | {"evidence": None, "error": str(version.read)}
    return told | {"evidence": version.evidence}


def rollback(session: Session, *, version: str | None) -> int:
    from ml_core.data.past import newest_session
    from ml_core.registry.seats import CHAMPION
    from ml_core.registry.versions import Registry

    registry, name = Registry(session.home), session.model_name
    before = registry.find(name, CHAMPION)
    if version is None:
        passed = [
            found.version
            for found in registry.versions(name)
            if found.readable
            and found.evidence.role == "candidate"
            and found.evidence.gate.passed
            and int(found.version) < int(before.version)
        ]
        if not passed:
            raise InvalidInput(
                f"{name}: no version before {before.version} passed the gate; name one with --version"
            )
        version = passed[0]
    registry.load(registry.find(name, version))  # what cannot be read is refused before it is served
    since = newest_session(session.experiment, session.home)
    registry.promote(name, version, since=since, why=f"rollback from version {before.version}")
    session.terminal.say(f"{name}: champion moved from version {before.version} to {version}")
    session.terminal.document({"model": name, "from": before.version, "to": version})
    return DONE
