"""Decides what a refresh asks for: only what is missing where answers are slow, and all where something else is
known to be wrong with what is stored."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ml_core.data.intake.inquiry import Inquiry
from ml_core.data.providers import Outcome, Request
from ml_core.data.store.bars import StoredSpan
from ml_core.errors import InvalidInput
from ml_core.spec.choices import nearest

OVERLAP = dt.timedelta(days=21)  # at least 10 sessions: providers correct what they gave
EARLIEST = dt.date(1, 1, 1)
ASK_AGAIN = dt.timedelta(days=30)  # a halt of trade may end


@dataclass(frozen=True)
class IntakePlan:
    """`since`: another start for those whose bars are stored; `settled`: nothing new can have come; `ended`: nothing
    more is to come, and why; `whole`: asked from the start although bars are stored, to be compared."""

    inquiry: Inquiry
    ask: tuple[str, ...]
    since: Mapping[str, dt.date] = field(default_factory=dict)
    settled: tuple[str, ...] = ()
    ended: Mapping[str, str] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()

    @property
    def rejudged(self) -> frozenset[str]:
        """Last checked by other settings, and so asked from the start as well."""
        return self.inquiry.rejudged

    @property
    def anew(self) -> frozenset[str]:
        """Tickers of which all bars come, whatever is stored."""
        return self.rejudged | self.whole | (frozenset(self.ask) - frozenset(self.since))

    @property
    def request(self) -> Request:
        """What the provider is asked."""
        return replace(self.inquiry.request, tickers=self.ask, since=self.since)

    @property
    def spared(self) -> dict[str, Outcome]:
        """How it goes for those that are not asked."""
        settled = {ticker: Outcome("ok", "up to date") for ticker in self.settled}
        return settled | {ticker: Outcome("ended", reason) for ticker, reason in self.ended.items()}

    def ask_whole(self, tickers: Collection[str]) -> "IntakePlan":
        """The same, but these tickers have no later start."""
        return replace(self, since={name: day for name, day in self.since.items() if name not in tickers})


def plan_refresh(inquiry: Inquiry, whole: tuple[str, ...] | None) -> IntakePlan:
    """`whole`: tickers, () for all, that are fetched whole and compared; None for none."""
    for name in whole or ():
        if name not in inquiry.tickers:
            raise InvalidInput(
                f"--whole {name}: no ticker of this experiment{nearest(name, list(inquiry.tickers))}"
            )
    named = frozenset(whole or inquiry.tickers) if whole is not None else frozenset()
    if not inquiry.source.incremental:
        return IntakePlan(inquiry, inquiry.tickers, whole=named & frozenset(inquiry.spans))
    return _take_turns(_plan_missing(inquiry, named))


def _plan_missing(inquiry: Inquiry, whole: frozenset[str]) -> IntakePlan:
    """A ticker is asked from where its stored bars end, less an overlap that shows whether history changed; one
    that is judged anew, or wanted whole, from where it was ever asked. An ended one is left alone for a while, unless
    more is wanted of it than its next bar."""
    since, settled, ended = {}, [], {}
    for ticker in inquiry.tickers:
        row, span = inquiry.answered.get(ticker), inquiry.spans.get(ticker)
        if row is None or row["asked_from"] is None or span is None:
            continue
        if row["asked_from"] > (inquiry.request.start or EARLIEST):
            continue
        if ticker in inquiry.rejudged or ticker in whole:
            since[ticker] = row["asked_from"]
        elif _rests(row, span, inquiry):
            ended[ticker] = row["reason"]
        elif span[1] >= inquiry.last_wanted and row["status"] == "ok":
            settled.append(ticker)
        else:
            since[ticker] = span[1] - OVERLAP
    ask = tuple(ticker for ticker in inquiry.tickers if ticker not in settled and ticker not in ended)
    return IntakePlan(inquiry, ask, since, tuple(settled), ended, whole & frozenset(since))


def _take_turns(plan: IntakePlan) -> IntakePlan:
    """Where anything is asked at all, one stored ticker is fetched whole besides: each in its turn, one a day."""
    if not (plan.ask and plan.inquiry.source.rotate):
        return plan
    turn = _next_whole(plan.inquiry, [*plan.since, *plan.settled])
    if turn is None:
        return plan
    asked = {*plan.ask, turn}
    return replace(
        plan,
        ask=tuple(ticker for ticker in plan.inquiry.tickers if ticker in asked),
        since={**plan.since, turn: plan.inquiry.answered[turn]["asked_from"]},
        settled=tuple(ticker for ticker in plan.settled if ticker != turn),
        whole=plan.whole | {turn},
    )


def _rests(row: Mapping[str, Any], span: StoredSpan, inquiry: Inquiry) -> bool:
    if row["status"] != "ended" or not is_old(span, inquiry.last_wanted):
        return False
    return inquiry.today < row["empty_at"] + ASK_AGAIN


def is_old(span: StoredSpan, last_wanted: dt.date) -> bool:
    """Whatever its source says of it today, a ticker with younger bars may have been traded yesterday."""
    return span[1] <= last_wanted - OVERLAP


def _next_whole(inquiry: Inquiry, stored: list[str]) -> str | None:
    """The ticker that was not fetched whole for longest; none where one of the table was today."""
    known = inquiry.answered
    if not stored or any(row["whole_at"] == inquiry.today for row in known.values()):
        return None
    return min(stored, key=lambda ticker: (known[ticker]["whole_at"] or EARLIEST, ticker))
