"""`monitor`: looks whether what a forecast rests on still holds, and shows what does not. The flow raises events; here
a person says that he knows."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from cli.session import DONE, PARTIAL, Session

if TYPE_CHECKING:
    from ml_core.monitoring.watch import Watched


def monitor(session: Session, *, acknowledge: list[int] | None, mute: list[int] | None) -> int:
    from ml_core.monitoring import acting
    from ml_core.monitoring.record import open_record
    from ml_core.monitoring.watch import watch

    record, day = open_record(session.order), session.now.date()
    for number in acknowledge or ():
        acting.acknowledge(record, number, day)
    for number in mute or ():
        acting.mute(record, number, day)
    watched = watch(session.order, now=session.now)
    _show(session, watched)
    return PARTIAL if watched.failed or any(one.waits for one in watched.going_on) else DONE


def _show(session: Session, watched: Watched) -> None:
    terminal = session.terminal
    by_check = [(check, one) for check, findings in watched.found.items() for one in findings]
    rows = [
        {"check": check, "what": one.subject, "value": one.value, "allowed": one.allowed, "told": one.told}
        for check, one in by_check
    ]
    terminal.table(rows, title=f"{session.order.name} on {watched.session}")
    for check, why in watched.failed.items():
        terminal.warn(f"{check} could not look: {why}")
    breaches = [
        {
            "id": str(one.id),
            "check": one.check,
            "what": one.subject,
            "since": f"{one.began}",
            "state": one.state,
            "helps": one.remedy or "a person",
        }
        for one in watched.going_on
    ]
    terminal.table(breaches, title="breached")
    waiting = [one for one in watched.going_on if one.waits]
    if not waiting:
        terminal.say("no breach that you do not know of")
    for one in waiting:
        terminal.say(f"{one.check}: {one.told}")
        if one.remedy:
            verb = {"search": "search", "refit": "predict"}[one.remedy]
            terminal.say(f"  run: {session.spell(verb)}")
        terminal.say(f"  or say that you know: {session.spell('monitor')} --acknowledge {one.id}")
    terminal.document(
        {
            "session": watched.session,
            "findings": [{"check": check, **asdict(one), "breach": one.breach} for check, one in by_check],
            "failed": dict(watched.failed),
            "breaches": [asdict(one) | {"state": one.state} for one in watched.breaches],
        }
    )
