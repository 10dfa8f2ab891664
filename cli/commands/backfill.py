"""`predict --from DATE --to DATE`: forecasts a range of past sessions, each as of its own day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from cli.output import open_output
from cli.screens import backfill as screen
from cli.session import DONE, PARTIAL, Session
from ml_core.errors import InvalidInput


def predict_range(
    session: Session,
    *,
    since: dt.date,
    until: dt.date,
    out: Path | None,
    version: str | None,
    corrected: bool,
    by: str,
) -> int:
    import polars as pl

    from ml_core.prediction.backfill import backfill
    from ml_core.promotion.reference import fill_seat

    terminal, order = session.terminal, session.order
    if until > session.now.date():
        raise InvalidInput(f"--to {until}: lies in the future; expected today or a past day")
    write = open_output(out) if out else None
    if version is None:
        fill_seat(order, now=session.now, tell=lambda line: terminal.step(session.spell_out(line)))
    done = backfill(
        order,
        clock=session.clock,
        since=since,
        until=until,
        version=version,
        corrected=corrected,
        by=by,
        tell=terminal.progress,
    )
    if write and done.answers:
        write(pl.concat([one.table for one in done.answers]))
    terminal.table(screen.backfill_rows(done), title=f"{order.name}: forecast as of each day, never scored")
    for day, why in done.failed.items():
        terminal.warn(f"{day}: {session.spell_out(why)}")
    terminal.say(screen.summarise(done))
    terminal.document(screen.document(done))
    return PARTIAL if done.failed else DONE
