"""`predict`: forecasts the last session, or a past one, with a registered model."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from cli.commands.backfill import predict_range
from cli.output import open_output
from cli.screens import forecasts, versions
from cli.screens.missing import spell_missing
from cli.screens.seats import tell_age, tell_answering
from cli.session import DONE, PARTIAL, Session
from ml_core.data.age import tell_old
from ml_core.errors import InvalidInput
from ml_core.spec.plain import plain

if TYPE_CHECKING:
    from ml_core.prediction.answer import Answer


BY = "candorcast predict"


def predict(
    session: Session,
    *,
    as_of: str | None,
    since: str | None,
    until: str | None,
    out: Path | None,
    version: str | None,
    corrected: bool,
) -> int:
    from ml_core.prediction.answer import answer
    from ml_core.promotion.reference import fill_seat
    from ml_core.promotion.refit import keep_fresh

    if since or until:
        first, last = _read_range(session, since, until, as_of)
        return predict_range(
            session, since=first, until=last, out=out, version=version, corrected=corrected, by=BY
        )
    order, terminal, day = session.order, session.terminal, read_date(as_of)
    if day and day > session.now.date():
        raise InvalidInput(f"--as-of {day}: lies in the future; expected today or a past day")
    if corrected and day is None:
        raise InvalidInput(
            "--corrected: the newest session is read so anyhow; expected it beside --as-of or --from"
        )
    write = open_output(out) if out else None
    if version is None:
        see_to_it = keep_fresh if day is None else fill_seat
        see_to_it(order, now=session.now, tell=lambda line: terminal.step(session.spell_out(line)))
    answered = answer(order, clock=session.clock, as_of=day, version=version, corrected=corrected, by=BY)
    shadows = _beside(session, answered) if version is None and day is None else ()
    if write:
        write(answered.table)
    for ticker, reason in answered.missing.items():
        terminal.warn(f"{ticker}: no forecast: {session.spell_out(reason)}")
    _show(session, answered, shadows, newest=day is None)
    return PARTIAL if answered.missing else DONE


def _show(session: Session, answered: Answer, shadows: tuple[str, ...], *, newest: bool) -> None:
    """The forecasts, what is proven of them, and what else a reader has to know."""
    from ml_core.registry.lineage import tell_lineage
    from ml_core.registry.seats import seat_of

    order, terminal, version = session.order, session.terminal, answered.version
    old = old_model = ""
    if newest:
        old = session.spell_out(tell_old(order.experiment, max(answered.table["as_of"]), now=session.now))
        old_model = tell_age(session, version)
    for sentence in filter(None, (old, old_model)):
        terminal.warn(sentence)
    terminal.table(
        forecasts.forecast_rows(answered.table, priced=order.experiment.task.priced),
        title=f"{order.name} version {version.version} · {answered.seat}",
    )
    versions.print_claims(terminal, version.evidence, lineage=tell_lineage(version))
    for sentence in (*answered.told, *shadows):
        terminal.say(session.spell_out(sentence))
    tell_answering(session, version)
    terminal.document(
        {
            "forecasts": answered.table.to_dicts(),
            "missing": spell_missing(session, answered.missing),
            "seat": seat_of(version),
            "told": answered.seat,
            "old": old or None,
            "old_model": old_model or None,
            "lineage": tell_lineage(version),
            "notes": list(answered.told),
            "shadows": list(shadows),
            "claims": plain(version.evidence.claims),
        }
    )


def _beside(session: Session, answered: Answer) -> tuple[str, ...]:
    """What those beside him say of the same session is written too: that they did, or why one did not."""
    from ml_core.prediction.shadows import answer_in_shadow

    newest = max(answered.table["as_of"])
    return answer_in_shadow(session.order, clock=session.clock, session=newest, by=BY).told()


def _read_range(
    session: Session, since: str | None, until: str | None, as_of: str | None
) -> tuple[dt.date, dt.date]:
    first, last = read_date(since, "--from"), read_date(until, "--to")
    if first is None or as_of:
        raise InvalidInput("a range of past sessions: expected --from DATE, --to DATE and no --as-of")
    return first, last or session.now.date()


def read_date(text: str | None, option: str = "--as-of") -> dt.date | None:
    try:
        return None if text is None else dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{option} {text}: expected a date such as 2024-05-31") from None
