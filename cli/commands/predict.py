"""`predict`: forecasts the last session, or a past one, with a registered model."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

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


def predict(session: Session, *, as_of: str | None, out: Path | None, version: str | None) -> int:
    from ml_core.prediction.answer import answer
    from ml_core.promotion.reference import fill_seat
    from ml_core.promotion.refit import keep_fresh
    from ml_core.registry.lineage import tell_lineage
    from ml_core.registry.seats import seat_of

    order, terminal, day = session.order, session.terminal, read_date(as_of)
    if day and day > session.now.date():
        raise InvalidInput(f"--as-of {day}: lies in the future; expected today or a past day")
    write = open_output(out) if out else None
    if version is None:
        see_to_it = keep_fresh if day is None else fill_seat
        see_to_it(order, now=session.now, tell=lambda line: terminal.step(session.spell_out(line)))
    answered = answer(order, clock=session.clock, as_of=day, version=version)
    shadows = _beside(session, answered) if version is None and day is None else ()
    if write:
        write(answered.table)
    for ticker, reason in answered.missing.items():
        terminal.warn(f"{ticker}: no forecast: {session.spell_out(reason)}")
    old = old_model = ""
    if day is None:
        old = session.spell_out(tell_old(order.experiment, max(answered.table["as_of"]), now=session.now))
        old_model = tell_age(session, answered.version)
    for sentence in filter(None, (old, old_model)):
        terminal.warn(sentence)
    claims = answered.version.evidence.claims
    terminal.table(
        forecasts.forecast_rows(answered.table),
        title=f"{order.name} version {answered.version.version} · {answered.seat}",
    )
    versions.print_claims(terminal, answered.version.evidence, lineage=tell_lineage(answered.version))
    for sentence in (*answered.told, *shadows):
        terminal.say(sentence)
    tell_answering(session, answered.version)
    terminal.document(
        {
            "forecasts": answered.table.to_dicts(),
            "missing": spell_missing(session, answered.missing),
            "seat": seat_of(answered.version),
            "told": answered.seat,
            "old": old or None,
            "old_model": old_model or None,
            "lineage": tell_lineage(answered.version),
            "notes": list(answered.told),
            "shadows": list(shadows),
            "claims": plain(claims),
        }
    )
    return PARTIAL if answered.missing else DONE


def _beside(session: Session, answered: Answer) -> tuple[str, ...]:
    """What those beside him say of the same session is written too: that they did, or why one did not."""
    from ml_core.prediction.shadows import answer_in_shadow

    newest = max(answered.table["as_of"])
    return answer_in_shadow(session.order, clock=session.clock, session=newest).told()


def read_date(text: str | None) -> dt.date | None:
    try:
        return None if text is None else dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"--as-of {text}: expected a date such as 2024-05-31") from None
