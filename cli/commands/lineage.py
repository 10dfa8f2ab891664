"""`lineage`: what every served number came of, and what an edited bar has made stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.commands.predict import read_date
from cli.screens import lineage as screen
from cli.session import DONE, PARTIAL, Session
from ml_core.errors import InvalidInput
from ml_core.spec.plain import plain

if TYPE_CHECKING:
    from ml_core.lineage.stale import Stale


def lineage(
    session: Session, *, ticker: str | None, as_of: str | None, version: str | None, stale: bool
) -> int:
    from ml_core.lineage.origin import trace

    if stale:
        if ticker or as_of:
            raise InvalidInput(
                "--stale: tells of all tickers and sessions; expected no TICKER and no --as-of"
            )
        return _tell_stale(session, version)
    traced = trace(session.order, session=read_date(as_of), ticker=ticker, version=version)
    for one in traced:
        for line in screen.origin_lines(session.order.name, one, priced=session.experiment.task.priced):
            session.terminal.say(line)
    session.terminal.document(
        {"model": session.order.name, "origins": [plain(one.summary()) for one in traced]}
    )
    return DONE


def _tell_stale(session: Session, version: str | None) -> int:
    from ml_core.lineage.stale import find_stale

    terminal, stale = session.terminal, find_stale(session.order, version=version)
    screen.print_edits(terminal, stale)
    terminal.table(
        screen.stale_version_rows(stale), title="versions that learned from them, or were judged on them"
    )
    terminal.table(
        screen.stale_forecast_rows(stale), title="kept forecasts that would say another number today"
    )
    for who, why in stale.unknown.items():
        terminal.say(f"{who}: cannot be told: {why}")
    commands = _helps(session, stale)
    if not (stale.versions or stale.forecasts.height):
        terminal.say("nothing else is stale" if stale.unknown else "nothing is stale")
    for why, command in commands.items():
        terminal.say(f"{why}, run: {command}")
    terminal.document(
        {
            "newest": stale.newest,
            "edits": stale.edits.to_dicts(),
            "versions": [plain(one) for one in stale.versions],
            "forecasts": stale.forecasts.to_dicts(),
            "unknown": dict(stale.unknown),
            "run": list(dict.fromkeys(commands.values())),
        }
    )
    return PARTIAL if commands or stale.unknown else DONE


def _helps(session: Session, stale: Stale) -> dict[str, str]:
    """What makes again what is stale, by what for. Of a version that nobody asks any more nothing has to be."""
    from ml_core.registry.seats import CHALLENGER, CHAMPION, REFERENCE

    seats = {one.seat: one for one in stale.versions}
    helps: dict[str, str] = {}
    answering = seats.get(CHAMPION) or seats.get(REFERENCE)
    if answering and answering.learned and session.experiment.serving.refit != 0:
        why = f"to fit version {answering.version} again on the bars as they stand"
        helps[why] = f"{session.spell('refit')} --always"
    for seat in (CHAMPION, CHALLENGER):
        if (one := seats.get(seat)) and (one.judged or (seat == CHALLENGER and one.learned)):
            helps[f"to search and judge again in place of version {one.version}"] = session.spell("search")
    for (version,), rows in stale.forecasts.group_by("version", maintain_order=True):
        first, last = min(rows["as_of"]), max(rows["as_of"])
        days = f"--as-of {first}" if rows.height == 1 else f"--from {first} --to {last}"
        why = f"to say {rows.height} session(s) again beside what version {version} said then"
        helps[why] = f"{session.spell('predict')} {days} --version {version} --corrected"
    return helps
