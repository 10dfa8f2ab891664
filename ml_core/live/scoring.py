"""Scores every live forecast whose outcome has come, once, in the order of time. What was scored is never scored again;
to look every day, or once after a year, gives the same rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from ml_core.data.order import Order
from ml_core.live.asking import ask
from ml_core.live.differences import pair
from ml_core.live.ledger import LIVE, LiveLedger, open_ledger
from ml_core.live.outcomes import Outcomes
from ml_core.live.sequential import tell_evidence
from ml_core.live.terms import LiveTerms
from ml_core.live.watched import KEY, read_live, references, watched


@dataclass(frozen=True)
class ScoringResult:
    """What a look has added: the rows of LIVE, and the lines that are watched from now on."""

    rows: pl.DataFrame
    begun: tuple[str, ...] = ()


def score_live(order: Order) -> ScoringResult:
    """One at a time; nothing is done where nothing is due."""
    ledger, live = open_ledger(order), read_live(order)
    own, beside = watched(live), references(live)
    begun = _begin(order, ledger, own, beside)
    known, outcomes, fresh = ledger.scores(), Outcomes(order), []
    due = _due(own, known, outcomes.sessions()) if own.height else []
    came: dict[tuple[dt.date, int], pl.DataFrame | None] = {}
    for terms in ledger.terms():
        if terms.asked:
            fresh.append(_score(terms, own, beside, known, [one for one in due if one[0] == terms.line],
                                outcomes, came))  # fmt: skip
    rows = pl.concat([pl.DataFrame(schema=LIVE), *fresh])
    if rows.height:
        ledger.add_scores(rows)
    return ScoringResult(rows, begun)


def _begin(order: Order, ledger: LiveLedger, own: pl.DataFrame, beside: pl.DataFrame) -> tuple[str, ...]:
    """Terms of the lines that were never watched, in the order in which they came to be."""
    known = ledger.terms()
    seen, number = {one.line for one in known}, max((one.number for one in known), default=0)
    first = own.group_by("line").agg(pl.col("as_of").min()).sort("as_of", pl.col("line").str.zfill(12))
    begun = [line for line in first["line"] if line not in seen]
    for place, line in enumerate(begun, start=1):
        ledger.add_terms(ask(order, line, number + place, own.filter(pl.col("line") == line), beside))
    return tuple(begun)


Due = tuple[str, dt.date, int, dt.date]  # line, as_of, horizon, and the session on which the outcome is known


def _due(own: pl.DataFrame, known: pl.DataFrame, sessions: list[dt.date]) -> list[Due]:
    """The dates whose outcome's session is stored, later than all that its line was scored on."""
    place = {session: number for number, session in enumerate(sessions)}
    last = {
        (line, horizon): as_of
        for line, horizon, as_of in known.group_by("line", "horizon").agg(pl.col("as_of").max()).iter_rows()
    }
    due = []
    for line, as_of, horizon in own.select("line", "as_of", "horizon").unique().sort(pl.all()).iter_rows():
        end = place.get(as_of, len(sessions)) + horizon
        if end < len(sessions) and as_of > last.get((line, horizon), dt.date.min):
            due.append((line, as_of, horizon, sessions[end]))
    return due


def _score(
    terms: LiveTerms,
    own: pl.DataFrame,
    beside: pl.DataFrame,
    known: pl.DataFrame,
    due: list[Due],
    outcomes: Outcomes,
    came: dict[tuple[dt.date, int], pl.DataFrame | None],
) -> pl.DataFrame:
    """The new rows of one place. Where the bars of one date have not come, no later date is scored before it."""
    earlier = known.filter(_at(terms)).sort("as_of")
    fresh = []
    for _, as_of, horizon, session in due:
        if horizon != terms.horizon:
            continue
        here = (pl.col("as_of") == as_of) & (pl.col("horizon") == horizon)
        ours, theirs = own.filter(here, pl.col("line") == terms.line), beside.filter(here)
        if (as_of, horizon) not in came:
            asked = own.filter(here)["ticker"].unique().sort().to_list()
            came[as_of, horizon] = outcomes.find(as_of, horizon, asked, session)
        told = came[as_of, horizon]
        if told is None:
            break
        scored = ours.join(told, on=KEY, how="inner")
        paired = pair(terms.claim, scored, theirs)
        fresh.append(_row(terms, paired, scored))
    rows = pl.concat([earlier, *fresh]) if fresh else earlier
    evidence = tell_evidence(rows, bound=terms.bound, promised=terms.promised, horizon=terms.horizon)
    return evidence.slice(earlier.height)


def _row(terms: LiveTerms, paired: pl.DataFrame, scored: pl.DataFrame) -> pl.DataFrame:
    """LIVE of one date, the evidence yet to be told; none where nothing could be compared."""
    place = {"line": terms.line, "claim": terms.claim, "horizon": terms.horizon}
    said = scored.select("as_of", "known", "version", "data_version").unique("as_of", keep="first")
    rows = paired.join(said, on="as_of").with_columns(
        **{name: pl.lit(value) for name, value in place.items()}
    )
    missing = [name for name in LIVE if name not in rows.columns]
    return rows.with_columns(pl.lit(None, LIVE[name]).alias(name) for name in missing).select(
        pl.col(name).cast(kind) for name, kind in LIVE.items()
    )


def _at(terms: LiveTerms) -> pl.Expr:
    return (
        (pl.col("line") == terms.line)
        & (pl.col("claim") == terms.claim)
        & (pl.col("horizon") == terms.horizon)
    )
