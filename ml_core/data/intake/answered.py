"""Builds the row that the store keeps of each ticker's answer to a refresh: what was asked, what came, and what is
stored now. The next refresh plans with it."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from ml_core.data.intake.ended import Emptiness
from ml_core.data.intake.plan import EARLIEST, IntakePlan
from ml_core.data.providers import Outcome
from ml_core.data.store.answers import ANSWERS
from ml_core.data.store.bars import StoredSpans


def describe_answers(
    outcomes: Mapping[str, Outcome],
    findings: pl.DataFrame,
    spans: StoredSpans,
    empty: Emptiness,
    plan: IntakePlan,
) -> pl.DataFrame:
    """ANSWERS after a refresh; a ticker that failed keeps what is known of it."""
    inquiry = plan.inquiry
    judgements, anew = inquiry.source.quality.judgements(outcomes), plan.anew
    blank, bars = dict.fromkeys(ANSWERS), _count_verdicts(findings)
    rows = []
    for ticker, outcome in outcomes.items():
        row = {name: inquiry.answered.get(ticker, blank)[name] for name in ANSWERS}
        first, last, held = spans.get(ticker, (None, None, 0))
        row |= {"ticker": ticker, "status": outcome.status, "reason": outcome.reason}
        row |= {"first": first, "last": last, "rows": held, "refreshed_at": inquiry.now}
        row |= {
            "quarantined": bars.get((ticker, "quarantine"), 0),
            "repaired": bars.get((ticker, "repair"), 0),
        }
        came = _came(outcome)
        if came or outcome.status == "empty":
            row["asked_from"] = min(row["asked_from"] or dt.date.max, inquiry.request.start or EARLIEST)
        if came:
            row["judged_by"] = judgements[ticker]
        if came and ticker in anew and inquiry.source.rotate:
            row["whole_at"] = inquiry.today
        rows.append(row | _tell_empty(ticker, outcome, empty))
    return pl.DataFrame(rows, schema=ANSWERS, orient="row")


def _came(outcome: Outcome) -> bool:
    return outcome.status == "ok" or (outcome.status == "ended" and outcome.rows > 0)


def _tell_empty(ticker: str, outcome: Outcome, empty: Emptiness) -> dict[str, Any]:
    """On how many days nothing came; nothing, where what was known of that stands."""
    if ticker in empty.days:
        return {"empty_days": empty.days[ticker], "empty_at": empty.today}
    return {"empty_days": 0, "empty_at": None} if outcome.status == "ok" else {}


def _count_verdicts(findings: pl.DataFrame) -> dict[tuple[str, str], int]:
    """How many bars of a ticker got a verdict."""
    counted = findings.group_by("ticker", "verdict").agg(pl.col("date").n_unique())
    return {(ticker, verdict): count for ticker, verdict, count in counted.iter_rows()}
