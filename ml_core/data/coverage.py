"""What was asked of a source and what came, ticker by ticker; from it, what a refresh still has to ask for."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from ml_core.data import tables
from ml_core.data.providers import Outcome
from ml_core.settings import Home

OVERLAP = dt.timedelta(days=21)  # at least 10 sessions: providers correct what they gave
EARLIEST = dt.date(1, 1, 1)

COVERAGE = {
    "ticker": pl.String, "status": pl.String, "reason": pl.String, "asked_from": pl.Date,
    "first": pl.Date, "last": pl.Date, "rows": pl.Int64, "quarantined": pl.Int64, "repaired": pl.Int64,
    "refreshed_at": pl.Datetime("us", "UTC"), "judged_by": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """`since`: another start for those whose bars are stored; `settled`: nothing new can have come; `rejudged`:
    last checked by other settings."""

    ask: tuple[str, ...]
    since: Mapping[str, dt.date]
    settled: tuple[str, ...]
    rejudged: frozenset[str] = frozenset()


def read_coverage(home: Home, identity: str) -> pl.DataFrame:
    """One row per ticker ever asked for."""
    folder = home.store / "coverage" / identity
    rows = tables.read(folder)
    if rows is None:
        return pl.DataFrame(schema=COVERAGE)
    blank = pl.DataFrame(schema=COVERAGE)  # a table that was written before a column came
    return pl.concat([blank, tables.gather(rows, folder)], how="diagonal").sort("ticker")


def write_coverage(home: Home, identity: str, rows: pl.DataFrame) -> None:
    tables.merge(home.store / "coverage" / identity, rows, ["ticker"])


def find_rejudged(coverage: pl.DataFrame, judgements: Mapping[str, str]) -> frozenset[str]:
    """Tickers whose bars were last checked by other settings: what was refused may be right now, or the reverse."""
    answered = coverage.filter(pl.col("asked_from").is_not_null())
    known = dict(answered.select("ticker", pl.col("judged_by").fill_null("")).iter_rows())
    return frozenset(ticker for ticker, how in judgements.items() if known.get(ticker, how) != how)


def plan_refresh(
    tickers: tuple[str, ...],
    coverage: pl.DataFrame,
    spans: Mapping[str, tuple[dt.date, dt.date, int]],
    *,
    start: dt.date | None,
    last_wanted: dt.date | None,
    rejudged: frozenset[str] = frozenset(),
) -> Plan:
    """A ticker is asked from where its stored bars end, less an overlap that shows whether history changed; one
    that is judged anew from where it was ever asked."""
    asked_from = dict(coverage.select("ticker", "asked_from").iter_rows())
    since, settled = {}, []
    for ticker in tickers:
        known = asked_from.get(ticker)
        if ticker not in spans or known is None or known > (start or EARLIEST):
            continue
        last = spans[ticker][1]
        if ticker in rejudged:
            since[ticker] = known
        elif last_wanted and last >= last_wanted:
            settled.append(ticker)
        else:
            since[ticker] = last - OVERLAP
    return Plan(tuple(ticker for ticker in tickers if ticker not in settled), since, tuple(settled), rejudged)


def describe_coverage(
    outcomes: Mapping[str, Outcome],
    findings: pl.DataFrame,
    before: pl.DataFrame,
    spans: Mapping[str, tuple[dt.date, dt.date, int]],
    *,
    start: dt.date | None,
    now: dt.datetime,
    judgements: Mapping[str, str],
) -> pl.DataFrame:
    """COVERAGE rows after a refresh; a ticker that failed keeps what is known of it."""
    earlier = {name: known for name, *known in before.select("ticker", "asked_from", "judged_by").iter_rows()}
    counts = {
        (ticker, verdict): count
        for ticker, verdict, count in findings.group_by("ticker", "verdict")
        .agg(pl.col("date").n_unique())
        .iter_rows()
    }
    rows = []
    for ticker, outcome in outcomes.items():
        first, last, held = spans.get(ticker, (None, None, 0))
        known, judged = earlier.get(ticker, (None, None))
        judged = judgements[ticker] if outcome.status == "ok" else judged
        answered = outcome.status in ("ok", "empty")
        asked = min(known or dt.date.max, start or EARLIEST) if answered else known
        found = (counts.get((ticker, verdict), 0) for verdict in ("quarantine", "repair"))
        rows.append((ticker, outcome.status, outcome.reason, asked, first, last, held, *found, now, judged))
    return pl.DataFrame(rows, schema=COVERAGE, orient="row")
