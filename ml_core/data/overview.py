"""Gathers what an experiment's stored bars cover, what was refused or repaired and why, and whether the series are
stationary: as tables and as one document."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from ml_core.data.absence import explain_absence
from ml_core.data.almanac import Almanac
from ml_core.data.calendar import WHATEVER, sessions_between
from ml_core.data.stationarity import judge_stationarity
from ml_core.data.store.bars import adjust
from ml_core.data.store.store import open_store
from ml_core.errors import InvalidInput
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment

COVERED = [
    "ticker", "status", "bars", "first", "last", "missing", "longest_gap", "quarantined", "repaired", "refreshed_at",
    "reason",
]  # fmt: skip
USUAL = 20  # sessions of usual volume
SHOWN = ["ticker", "date", "check", "reason", "open", "high", "low", "close", "volume", "observed_at"]


@dataclass(frozen=True)
class Overview:
    """`coverage`: a row per ticker; `quarantine`, `repairs`, `remarks`: a row per finding; `jumps`: how far the close
    went where nothing recorded explains it, the newest first; `stationarity`: two rows per ticker; `presence`: the
    share of each month's sessions that is stored."""

    experiment: str
    source: str
    version: int | None
    coverage: pl.DataFrame
    quarantine: pl.DataFrame
    repairs: pl.DataFrame
    remarks: pl.DataFrame
    jumps: pl.DataFrame
    stationarity: pl.DataFrame
    presence: pl.DataFrame

    @property
    def held_back(self) -> pl.DataFrame:
        """Bars in quarantine for which no other bar of that day has come since."""
        return self.quarantine.filter(~pl.col("stored"))

    def document(self) -> dict[str, Any]:
        """All of it but the picture's table, ready for JSON."""
        tables = ("coverage", "quarantine", "repairs", "remarks", "jumps", "stationarity")
        return {
            "source": self.source,
            "version": self.version,
            **{name: _plain(getattr(self, name)) for name in tables},
        }


def read_overview(experiment: Experiment, home: Home) -> Overview:
    """Everything about the stored bars of the universe, its benchmark and its context."""
    store, universe = open_store(experiment, home), experiment.universe
    source, version = store.source, store.bars.version()
    named = (*universe.tickers, universe.benchmark, *source.context.series)
    tickers = tuple(dict.fromkeys(name for name in named if name))
    bars = store.bars.read(tickers, version=version)
    findings = store.findings.read(tickers)
    if bars.is_empty() and findings.is_empty():
        raise InvalidInput(explain_absence(experiment, store, tickers))
    sessions = _sessions(bars, universe.calendar, store.almanac)
    return Overview(
        experiment.name,
        source.identity,
        version,
        count_answered(tickers, bars, sessions, store.answers.read()),
        _of(findings, "quarantine", bars),
        _of(findings, "repair", bars),
        _of(findings, "note", bars),
        measure_jumps(bars, findings),
        judge_stationarity(adjust(bars)),
        measure_presence(tickers, bars, sessions),
    )


def count_answered(
    tickers: tuple[str, ...], bars: pl.DataFrame, sessions: pl.Series, asked: pl.DataFrame
) -> pl.DataFrame:
    """Per ticker: how the last refresh went, what is stored, and which sessions between its first and last lack."""
    spans = bars.group_by("ticker").agg(
        first=pl.col("date").min(),
        last=pl.col("date").max(),
        bars=pl.len(),
    )
    place = pl.DataFrame(
        {"date": sessions, "place": range(len(sessions))}, schema_overrides={"place": pl.Int64}
    )
    held = bars.select("ticker", "date").join(place, on="date").sort("ticker", "place")
    gaps = held.group_by("ticker").agg(
        missing=pl.col("place").max() - pl.col("place").min() + 1 - pl.len(),
        longest_gap=(pl.col("place").diff() - 1).max().fill_null(0),
    )
    known = asked.select("ticker", "status", "quarantined", "repaired", "refreshed_at", "reason")
    return (
        pl.DataFrame({"ticker": list(tickers)}, schema={"ticker": pl.String})
        .join(known, on="ticker", how="left", maintain_order="left")
        .join(spans, on="ticker", how="left", maintain_order="left")
        .join(gaps, on="ticker", how="left", maintain_order="left")
        .with_columns(pl.col("bars").fill_null(0), pl.col("status").fill_null("never asked"))
        .select(COVERED)
    )


def measure_presence(tickers: tuple[str, ...], bars: pl.DataFrame, sessions: pl.Series) -> pl.DataFrame:
    """(ticker, month, share): of the sessions of each month, how many are stored; 0 outside a ticker's life too."""
    months = pl.DataFrame({"date": sessions}).with_columns(month=pl.col("date").dt.truncate("1mo"))
    wanted = months.group_by("month").agg(wanted=pl.len())
    held = bars.join(months, on="date").group_by("ticker", "month").agg(held=pl.len())
    every = pl.DataFrame({"ticker": list(tickers)}).join(wanted.sort("month"), how="cross")
    return every.join(held, on=["ticker", "month"], how="left", maintain_order="left").select(
        "ticker", "month", share=pl.col("held").fill_null(0) / pl.col("wanted")
    )


def measure_jumps(bars: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """(ticker, date, change, volume): how far the close went, and how many times the usual volume was traded."""
    close, volume = pl.col("close"), pl.col("volume")
    usual = volume.shift().rolling_median(USUAL, min_samples=1).over("ticker")
    moves = bars.select(
        "ticker",
        "date",
        change=(close / close.shift().over("ticker") - 1),
        volume=volume / pl.when(usual > 0).then(usual),
    )
    named = findings.filter(check="unexplained_jump").select("ticker", "date")
    return moves.join(named, on=["ticker", "date"], how="semi").sort(
        "date", "ticker", descending=[True, False]
    )


def summarise_findings(findings: pl.DataFrame) -> pl.DataFrame:
    """One row for what a check says of a ticker: how many bars it means, from when to when, and why."""
    return (
        findings.group_by("ticker", "check", "reason", maintain_order=True)
        .agg(bars=pl.col("date").n_unique(), first=pl.col("date").min(), last=pl.col("date").max())
        .select("ticker", "check", "bars", "first", "last", "reason")
    )


def _of(findings: pl.DataFrame, verdict: str, bars: pl.DataFrame) -> pl.DataFrame:
    """Findings of one verdict; `stored`: a bar of that day stands in the store, whatever was first given."""
    held = bars.select("ticker", "date", stored=pl.lit(True))
    chosen = findings.filter(pl.col("verdict") == verdict).select(SHOWN)
    return chosen.join(held, on=["ticker", "date"], how="left", maintain_order="left").with_columns(
        pl.col("stored").fill_null(False)
    )


def _sessions(bars: pl.DataFrame, calendar: str, almanac: Almanac) -> pl.Series:
    first, last = bars["date"].min(), bars["date"].max()
    if calendar == WHATEVER or not isinstance(first, dt.date) or not isinstance(last, dt.date):
        return bars["date"].unique().sort()
    return pl.Series("date", sessions_between(calendar, first, last, almanac=almanac), dtype=pl.Date)


def _plain(table: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in row.items()}
        for row in table.iter_rows(named=True)
    ]
