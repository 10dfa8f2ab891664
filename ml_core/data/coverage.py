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
    "refreshed_at": pl.Datetime("us", "UTC"),
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """`since`: a later start for those whose earlier bars are stored; `settled`: nothing new can have come."""

    ask: tuple[str, ...]
    since: Mapping[str, dt.date]
    settled: tuple[str, ...]


def read_coverage(home: Home, identity: str) -> pl.DataFrame:
    """One row per ticker ever asked for."""
    folder = home.store / "coverage" / identity
    rows = tables.read(folder)
    return pl.DataFrame(schema=COVERAGE) if rows is None else tables.gather(rows, folder).sort("ticker")


def write_coverage(home: Home, identity: str, rows: pl.DataFrame) -> None:
    tables.merge(home.store / "coverage" / identity, rows, ["ticker"])


def plan_refresh(
    tickers: tuple[str, ...],
    coverage: pl.DataFrame,
    spans: Mapping[str, tuple[dt.date, dt.date, int]],
    *,
    start: dt.date | None,
    last_wanted: dt.date | None,
) -> Plan:
    """A ticker is asked from where its stored bars end, less an overlap that shows whether history changed."""
    asked_from = dict(coverage.select("ticker", "asked_from").iter_rows())
    since, settled = {}, []
    for ticker in tickers:
        if ticker not in spans or asked_from.get(ticker, dt.date.max) > (start or EARLIEST):
            continue
        last = spans[ticker][1]
        if last_wanted and last >= last_wanted:
            settled.append(ticker)
        else:
            since[ticker] = last - OVERLAP
    return Plan(tuple(ticker for ticker in tickers if ticker not in settled), since, tuple(settled))


def describe_coverage(
    outcomes: Mapping[str, Outcome],
    findings: pl.DataFrame,
    before: pl.DataFrame,
    spans: Mapping[str, tuple[dt.date, dt.date, int]],
    *,
    start: dt.date | None,
    now: dt.datetime,
) -> pl.DataFrame:
    """COVERAGE rows after a refresh; a ticker that failed keeps what is known of it."""
    earlier = dict(before.select("ticker", "asked_from").iter_rows())
    counts = {
        (ticker, verdict): count
        for ticker, verdict, count in findings.group_by("ticker", "verdict")
        .agg(pl.col("date").n_unique())
        .iter_rows()
    }
    rows = []
    for ticker, outcome in outcomes.items():
        first, last, held = spans.get(ticker, (None, None, 0))
        known = earlier.get(ticker)
        answered = outcome.status in ("ok", "empty")
        asked = min(known or dt.date.max, start or EARLIEST) if answered else known
        found = (counts.get((ticker, verdict), 0) for verdict in ("quarantine", "repair"))
        rows.append((ticker, outcome.status, outcome.reason, asked, first, last, held, *found, now))
    return pl.DataFrame(rows, schema=COVERAGE, orient="row")
