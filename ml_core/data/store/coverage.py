"""What was asked of a source and what came, ticker by ticker; from it, what a refresh still has to ask for."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from ml_core.data.providers import Outcome
from ml_core.data.store import tables
from ml_core.home.settings import Home

OVERLAP = dt.timedelta(days=21)  # at least 10 sessions: providers correct what they gave
EARLIEST = dt.date(1, 1, 1)
ENDED_AFTER = 3  # days on which nothing more came: one may be the provider's fault
ASK_AGAIN = dt.timedelta(days=30)  # a halt of trade may end

# `whole_at`: when the ticker was last fetched from where it was ever asked from; `empty_days`: on how many days in a
# row nothing came of it, lastly on `empty_at`.
COVERAGE = {
    "ticker": pl.String, "status": pl.String, "reason": pl.String, "asked_from": pl.Date,
    "first": pl.Date, "last": pl.Date, "rows": pl.Int64, "quarantined": pl.Int64, "repaired": pl.Int64,
    "refreshed_at": pl.Datetime("us", "UTC"), "judged_by": pl.String, "whole_at": pl.Date,
    "empty_days": pl.Int64, "empty_at": pl.Date,
}  # fmt: skip
Span = tuple[dt.date, dt.date, int]
Spans = Mapping[str, Span]


@dataclass(frozen=True)
class Plan:
    """`since`: another start for those whose bars are stored; `settled`: nothing new can have come; `ended`: nothing
    more is to come; `whole`: asked from the start although bars are stored, to be compared; `rejudged`: last checked
    by other settings, and so asked from the start as well."""

    ask: tuple[str, ...]
    since: Mapping[str, dt.date]
    settled: tuple[str, ...]
    rejudged: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    ended: Mapping[str, str] = field(default_factory=dict)

    @property
    def anew(self) -> frozenset[str]:
        """Tickers of which all bars come, whatever is stored."""
        return self.rejudged | self.whole | (frozenset(self.ask) - frozenset(self.since))


def read_coverage(home: Home, identity: str) -> pl.DataFrame:
    """One row per ticker ever asked for."""
    folder = home.store / "coverage" / identity
    rows = tables.read(folder)
    if rows is None:
        return pl.DataFrame(schema=COVERAGE)
    blank = pl.DataFrame(schema=COVERAGE)  # a table that was written before a column came
    return pl.concat([blank, tables.gather(rows, folder)], how="diagonal").sort("ticker")


def write_coverage(home: Home, identity: str, rows: pl.DataFrame) -> None:
    """That it was asked once more, and nothing is otherwise, makes no new version."""
    tables.merge(home.store / "coverage" / identity, rows, ["ticker"], ignore=("refreshed_at",))


def find_rejudged(coverage: pl.DataFrame, judgements: Mapping[str, str]) -> frozenset[str]:
    """Tickers whose bars were last checked by other settings: what was refused may be right now, or the reverse."""
    answered = coverage.filter(pl.col("asked_from").is_not_null())
    known = dict(answered.select("ticker", pl.col("judged_by").fill_null("")).iter_rows())
    return frozenset(ticker for ticker, how in judgements.items() if known.get(ticker, how) != how)


def plan_refresh(
    tickers: tuple[str, ...],
    coverage: pl.DataFrame,
    spans: Spans,
    *,
    start: dt.date | None,
    last_wanted: dt.date | None,
    today: dt.date,
    rejudged: frozenset[str] = frozenset(),
    whole: frozenset[str] = frozenset(),
    rotate: bool = False,
) -> Plan:
    """A ticker is asked from where its stored bars end, less an overlap that shows whether history changed; one
    that is judged anew, or wanted whole, from where it was ever asked. An ended one is left alone for a while, unless
    more is wanted of it than its next bar."""
    known = {row["ticker"]: row for row in coverage.iter_rows(named=True)}
    since, settled, ended = {}, [], {}
    for ticker in tickers:
        row = known.get(ticker)
        if row is None or row["asked_from"] is None or ticker not in spans:
            continue
        if row["asked_from"] > (start or EARLIEST):
            continue
        if ticker in rejudged or ticker in whole:
            since[ticker] = row["asked_from"]
        elif _rests(row, spans[ticker], last_wanted or today, today):
            ended[ticker] = row["reason"]
        elif last_wanted and spans[ticker][1] >= last_wanted and row["status"] == "ok":
            settled.append(ticker)
        else:
            since[ticker] = spans[ticker][1] - OVERLAP
    asks = len(settled) + len(ended) < len(tickers)
    if rotate and asks and (turn := _next_whole(known, [*since, *settled], today)):
        settled = [ticker for ticker in settled if ticker != turn]
        since[turn], whole = known[turn]["asked_from"], whole | {turn}
    ask = tuple(ticker for ticker in tickers if ticker not in settled and ticker not in ended)
    return Plan(ask, since, tuple(settled), rejudged, whole & frozenset(since), ended)


def _rests(row: Mapping[str, Any], span: Span, last_wanted: dt.date, today: dt.date) -> bool:
    return row["status"] == "ended" and _is_old(span, last_wanted) and today < row["empty_at"] + ASK_AGAIN


def _is_old(span: Span, last_wanted: dt.date) -> bool:
    """Whatever its source says of it today, a ticker with younger bars may have been traded yesterday."""
    return span[1] <= last_wanted - OVERLAP


def _next_whole(known: Mapping[str, Mapping[str, Any]], stored: list[str], today: dt.date) -> str | None:
    """The ticker that was not fetched whole for longest; none where one of the table was today."""
    if not stored or any(row["whole_at"] == today for row in known.values()):
        return None
    return min(stored, key=lambda ticker: (known[ticker]["whole_at"] or EARLIEST, ticker))


@dataclass(frozen=True)
class Emptiness:
    """Of each ticker without news: on how many days in a row, the last one included."""

    days: Mapping[str, int]
    today: dt.date

    def settle(self, outcomes: Mapping[str, Outcome], spans: Spans) -> dict[str, Outcome]:
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


def count_empty(
    outcomes: Mapping[str, Outcome],
    before: pl.DataFrame,
    spans: Spans,
    *,
    today: dt.date,
    last_wanted: dt.date,
) -> Emptiness:
    """A ticker whose last stored bar is old counts where its source knows it no more, or has nothing new. Where that
    is so of most that were asked, it is the source that is out of order, and no ticker counts."""
    known = {row["ticker"]: row for row in before.iter_rows(named=True)}
    empty = [
        ticker for ticker, outcome in outcomes.items() if _is_empty(outcome, spans.get(ticker), last_wanted)
    ]
    if len(outcomes) > 1 and len(empty) > len(outcomes) / 2:
        empty = [ticker for ticker in empty if known.get(ticker, {}).get("status") == "ended"]
    counted = {}
    for ticker in empty:
        row = known.get(ticker, {})
        counted[ticker] = (row.get("empty_days") or 0) + (row.get("empty_at") != today)
    return Emptiness(counted, today)


def _is_empty(outcome: Outcome, span: Span | None, last_wanted: dt.date) -> bool:
    return bool(span) and outcome.status in ("ok", "empty", "unknown") and _is_old(span, last_wanted)


def describe_coverage(
    outcomes: Mapping[str, Outcome],
    findings: pl.DataFrame,
    before: pl.DataFrame,
    spans: Spans,
    *,
    start: dt.date | None,
    now: dt.datetime,
    judgements: Mapping[str, str],
    anew: frozenset[str],
    empty: Emptiness,
) -> pl.DataFrame:
    """COVERAGE rows after a refresh; a ticker that failed keeps what is known of it."""
    earlier = {row["ticker"]: row for row in before.iter_rows(named=True)}
    counts = {
        (ticker, verdict): count
        for ticker, verdict, count in findings.group_by("ticker", "verdict")
        .agg(pl.col("date").n_unique())
        .iter_rows()
    }
    rows = []
    for ticker, outcome in outcomes.items():
        first, last, held = spans.get(ticker, (None, None, 0))
        known = earlier.get(ticker, dict.fromkeys(COVERAGE))
        came = outcome.status == "ok" or (outcome.status == "ended" and outcome.rows > 0)
        judged = judgements[ticker] if came else known["judged_by"]
        asked = known["asked_from"]
        if came or outcome.status == "empty":
            asked = min(asked or dt.date.max, start or EARLIEST)
        whole_at = now.date() if came and ticker in anew else known["whole_at"]
        days, empty_at = known["empty_days"], known["empty_at"]
        if ticker in empty.days:
            days, empty_at = empty.days[ticker], empty.today
        elif outcome.status == "ok":
            days, empty_at = 0, None
        found = (counts.get((ticker, verdict), 0) for verdict in ("quarantine", "repair"))
        rows.append(
            (ticker, outcome.status, outcome.reason, asked, first, last, held, *found, now, judged, whole_at,
             days, empty_at)
        )  # fmt: skip
    return pl.DataFrame(rows, schema=COVERAGE, orient="row")
