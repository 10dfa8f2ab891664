"""`refresh`: brings the stored bars up to date and says for each ticker what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.session import DONE, PARTIAL, Session
from ml_core.errors import InvalidInput

if TYPE_CHECKING:
    from ml_core.data.intake.refresh import Refreshed


NAMED = 10


def refresh(session: Session, *, tickers: list[str] | None = None, whole: bool = False) -> int:
    from ml_core.data.intake.refresh import refresh as refresh_bars
    from ml_core.data.order import REFRESH_WAIT

    experiment, terminal = session.experiment, session.terminal
    if tickers and not whole:
        raise InvalidInput(
            f"{tickers[0]}: tickers can be named only with --whole; without it, all are brought up to date"
        )
    asked = len(tickers or experiment.universe.tickers)
    terminal.step(f"bringing {asked} ticker{'s'[: asked > 1]} up to date from {experiment.data.source}")
    with session.order.alone("refresh", wait=REFRESH_WAIT):
        done = refresh_bars(
            experiment,
            session.home,
            now=session.now,
            progress=lambda ticker, number, total: terminal.progress(f"{number}/{total} {ticker}"),
            whole=tuple(tickers or ()) if whole else None,
        )
    for line in tell_problems(done):
        terminal.warn(line)
    terminal.say(
        f"{done.inserted} bars new, {done.updated} changed, {done.repaired} repaired, {done.quarantined} quarantined; "
        f"last session {done.last}; store version {done.version}"
        + ("; the source has not changed and was not read again" if done.unchanged else "")
    )
    terminal.document(
        {
            "inserted": done.inserted,
            "updated": done.updated,
            "repaired": done.repaired,
            "quarantined": done.quarantined,
            "rebuilt": dict(done.rebuilt),
            "held_back": dict(done.held_back),
            "refused": dict(done.refused),
            "repairs": dict(done.repairs),
            "rejudged": list(done.rejudged),
            "jumps": list(done.jumps),
            "unchanged": done.unchanged,
            "version": done.version,
            "last": done.last,
            "notes": list(done.notes),
            "tickers": {
                ticker: {"status": outcome.status, "reason": outcome.reason, "rows": outcome.rows}
                for ticker, outcome in done.outcomes.items()
            },
        }
    )
    return PARTIAL if done.partial else DONE


def tell_problems(done: Refreshed) -> list[str]:
    """A line for all that somebody should look at; of many of a kind the first ones, and how many more there are."""
    rebuilt = [
        f"{t}: its past was rewritten and is rebuilt as a new version: {how}"
        for t, how in done.rebuilt.items()
    ]
    failed = [f"{ticker}: {how.status}: {how.reason}" for ticker, how in done.failed.items()]
    held = [f"{ticker}: {why}" for ticker, why in done.held_back.items()]
    refused = [f"{bar}: refused: {reason}" for bar, reason in done.refused.items()]
    if refused:
        hint = 'data.quality.accept = ["TICKER DATE"] keeps one as it came'
        refused = [*_first(refused, "refused bars"), hint]
    jumps = list(done.jumps)
    if jumps:
        hint = (
            'data.quality.accept = ["TICKER DATE"] says that one is true, data.quality.refuse = ["TICKER DATE"] keeps '
            'it out, data.quality.split = ["TICKER DATE RATIO"] says what it was'
        )
        jumps = [*_first(jumps, "jumps"), hint]
    repairs = _first([f"{bar}: changed: {reason}" for bar, reason in done.repairs.items()], "changed bars")
    others = [*rebuilt, *_tell_rejudged(done), *failed, *_first(held, "refused bars")]
    return [*done.notes, *others, *refused, *repairs, *jumps]


def _tell_rejudged(done: Refreshed) -> list[str]:
    """Bars stand in the store once, as the last refresh of them judged: on one home, by one opinion."""
    if not done.rejudged:
        return []
    more = f" and {len(done.rejudged) - 3} more" if len(done.rejudged) > 3 else ""
    return [
        f"{', '.join(done.rejudged[:3])}{more}: judged anew, for [data.quality] here is another than at their last "
        "refresh; an experiment with other settings changes them back, and is best kept in a home of its own"
    ]


def _first(lines: list[str], what: str) -> list[str]:
    more = len(lines) - NAMED
    return [*lines[:NAMED], f"and {more} more such {what}; --json names all"] if more > 0 else lines
