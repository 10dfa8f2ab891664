"""Tells when a ticker has ended: its source has brought nothing new of it for some days in a row."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ml_core.data.intake.inquiry import Inquiry
from ml_core.data.intake.plan import ASK_AGAIN, is_old
from ml_core.data.providers import Outcome
from ml_core.data.store.bars import StoredSpan, StoredSpans

ENDED_AFTER = 3  # days on which nothing more came: one may be the provider's fault


@dataclass(frozen=True)
class Emptiness:
    """Of each ticker without news: on how many days in a row, the last one included."""

    days: Mapping[str, int]
    today: dt.date

    def settle(self, outcomes: Mapping[str, Outcome], spans: StoredSpans) -> dict[str, Outcome]:
        """The outcomes; where nothing came for so many days, it is not a failure but the end."""
        return {
            ticker: replace(
                outcome,
                status="ended",
                reason=f"no bar since {spans[ticker][1]}; asked again from {self.today + ASK_AGAIN}",
            )
            if self.days.get(ticker, 0) >= ENDED_AFTER
            else outcome
            for ticker, outcome in outcomes.items()
        }


def count_empty(outcomes: Mapping[str, Outcome], inquiry: Inquiry, spans: StoredSpans) -> Emptiness:
    """A ticker whose last stored bar is old counts where its source knows it no more, or has nothing new. Where that
    is so of most that were asked, it is the source that is out of order, and no ticker counts."""
    known = inquiry.answered
    empty = [
        ticker
        for ticker, outcome in outcomes.items()
        if _is_empty(outcome, spans.get(ticker), inquiry.last_wanted)
    ]
    if len(outcomes) > 1 and len(empty) > len(outcomes) / 2:
        empty = [ticker for ticker in empty if known.get(ticker, {}).get("status") == "ended"]
    counted = {}
    for ticker in empty:
        row = known.get(ticker, {})
        counted[ticker] = (row.get("empty_days") or 0) + (row.get("empty_at") != inquiry.today)
    return Emptiness(counted, inquiry.today)


def _is_empty(outcome: Outcome, span: StoredSpan | None, last_wanted: dt.date) -> bool:
    return bool(span) and outcome.status in ("ok", "empty", "unknown") and is_old(span, last_wanted)
