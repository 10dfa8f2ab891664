"""`live`: what forecasts were worth after they were made. Scores what has come, lets the seat follow, and shows for
each version and claim what is proven, refuted or open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cli.output import check_file
from cli.screens import live as screen
from cli.session import DONE, Session

if TYPE_CHECKING:
    from ml_core.live.standing import LiveStanding


def live(session: Session, *, out: Path | None) -> int:
    from ml_core.live.figure import draw_live, write_live
    from ml_core.live.ledger import open_ledger
    from ml_core.live.look import look

    terminal, order = session.terminal, session.order
    if out:
        check_file(out, (".png",))
    looked = look(order)
    standings, scores = list(looked.standings), open_ledger(order).scores()
    for step in looked.steps:
        terminal.say(step.why)
    asked = [one for one in standings if one.terms.asked]
    terminal.table(screen.standing_rows(standings), title=f"{order.name}: what came of what was forecast")
    for one in asked:
        if one.sessions:
            _print_curve(session, one)
    for line in (*screen.means_tested(asked), *screen.unasked_lines(standings)):
        terminal.say(line)
    waiting = [] if any(one.sessions for one in asked) else _tell_waiting(session)
    for line in waiting:
        terminal.say(line)
    if out and not waiting:
        write_live(draw_live(asked, scores, title=f"{order.name}: live evidence"), out)
    if out:
        terminal.say(f"nothing to draw yet: {out} is not written" if waiting else f"picture: {out}")
    terminal.document(
        {
            "model": order.name,
            "claims": [one.summary() for one in standings],
            "moves": [vars(step) for step in looked.steps],
            "scored": looked.scored.rows.height,
            "waiting": waiting,
            "out": str(out) if out and not waiting else None,
        }
    )
    return DONE


def _print_curve(session: Session, one: LiveStanding) -> None:
    """The side with more evidence, and the verdict in a sentence."""
    import polars as pl

    from ml_core.live.ledger import open_ledger

    terms, side = one.terms, "better" if one.better >= one.refuted else "refuted"
    rows = open_ledger(session.order).scores().filter(
        pl.col("line") == terms.line, pl.col("claim") == terms.claim, pl.col("horizon") == terms.horizon
    )  # fmt: skip
    curve = screen.curve(rows, side, terms.needed)
    session.terminal.say(f"version {terms.line}, {terms.claim} {terms.horizon} ahead  {curve}  {one.told()}")


def _tell_waiting(session: Session) -> list[str]:
    """What is missing until something can be scored, and from when on there will be something."""
    from ml_core.live.watched import read_live, references, watched

    live = read_live(session.order)
    own, beside = watched(live), references(live)
    if own.is_empty() and beside.is_empty():
        return [
            "no forecast was written yet before its outcome could be known; after each close run: "
            + session.spell("refresh"),
            f"and before the next one: {session.spell('predict')}",
        ]
    if own.is_empty():
        first, last = beside["as_of"].min(), beside["as_of"].max()
        return [
            f"only the reference has forecast (sessions {first} to {last}), beside whom others are scored; "
            f"look for one: {session.spell('search')}"
        ]
    first, nearest = own["as_of"].min(), own["horizon"].min()
    return [
        f"forecasts are written since the session of {first}; the first outcome is known {nearest} session(s) later, "
        f"when its bars are stored: {session.spell('refresh')}"
    ]
