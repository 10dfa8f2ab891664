"""Explains why a ticker has no bars and what would help, for commands, flows and the app."""

import datetime as dt

import polars as pl

from ml_core.data.source import open_source
from ml_core.data.store.bars import PriceStore
from ml_core.data.store.coverage import read_coverage
from ml_core.data.store.findings import read_findings
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment

NAMED = 5


def explain_absence(
    experiment: Experiment, home: Home, missing: tuple[str, ...], *, until: dt.date | None = None
) -> str:
    """Lost from the store: refresh --whole. Never fetched: refresh. Refused by the checks: another refresh would refuse
    them again. Stored, but of other days: which."""
    identity = open_source(experiment).identity
    spans = PriceStore(home.store, identity).spans()
    refused = read_findings(home, identity, missing).filter(verdict="quarantine")
    absent = [ticker for ticker in missing if ticker not in spans]
    whole = [ticker for ticker in absent if ticker in set(refused["ticker"])]
    coverage = read_coverage(home, identity)
    if lost := [ticker for ticker in absent if _held(coverage, ticker)]:
        return f"{_lost(coverage, lost)}; run: candorcast refresh {experiment.name} --whole"
    if unknown := [ticker for ticker in absent if ticker not in whole]:
        said = _said(coverage, unknown[0])
        return f"no bars stored for {_listed(unknown)}{said}; run: candorcast refresh {experiment.name}"
    if whole:
        return (
            f"no sound bar of {_listed(whole)}: in quarantine are {_reasons(refused, whole[0])}; say in"
            " data.quality.accept which of them are true, or drop the ticker;"
            f" to see them: candorcast data {experiment.name}"
        )
    first, last, _ = spans[missing[0]]
    asked = _asked(experiment, until)
    return (
        f"no bars stored{asked} for {_listed(list(missing))}; {missing[0]} is stored from {first} to {last}"
    )


def tell_absence(
    experiment: Experiment, home: Home, missing: tuple[str, ...], *, until: dt.date | None = None
) -> dict[str, str]:
    """Why each of these tickers has no bar: what one command leaves out, another may bring."""
    if not missing:
        return {}
    identity = open_source(experiment).identity
    spans, coverage = PriceStore(home.store, identity).spans(missing), read_coverage(home, identity)
    refused = read_findings(home, identity, missing).filter(verdict="quarantine")
    known, whole = set(coverage["ticker"]), set(refused["ticker"])
    told = {}
    for ticker in missing:
        if ticker in spans:
            first, last, _ = spans[ticker]
            told[ticker] = f"no bars stored{_asked(experiment, until)}; it is stored from {first} to {last}"
        elif _held(coverage, ticker):
            told[ticker] = f"{_lost(coverage, [ticker])}; run: candorcast refresh {experiment.name} --whole"
        elif ticker in whole:
            told[ticker] = (
                f"no sound bar: in quarantine are {_counted(refused, ticker)} (data.quality.accept)"
            )
        elif ticker in known:
            told[ticker] = f"no bars stored{_said(coverage, ticker)}"
        else:
            told[ticker] = f"no bars stored; run: candorcast refresh {experiment.name}"
    return told


def _held(coverage: pl.DataFrame, ticker: str) -> int:
    """How many of its bars were stored after its last refresh."""
    return int(coverage.filter(ticker=ticker)["rows"].sum())


def _lost(coverage: pl.DataFrame, tickers: list[str]) -> str:
    """Bars were stored and are not there: a part of the table's log, or all of it, was taken away."""
    held = _held(coverage, tickers[0])
    return f"the store has lost the bars of {_listed(tickers)} (of {tickers[0]} {held} were stored)"


def _asked(experiment: Experiment, until: dt.date | None) -> str:
    begin, end = experiment.data.start, until or experiment.data.end
    return (f" from {begin}" if begin else "") + (f" up to {end}" if end else "")


def _listed(tickers: list[str]) -> str:
    more = f" and {len(tickers) - NAMED} more" if len(tickers) > NAMED else ""
    return ", ".join(tickers[:NAMED]) + more


def _said(coverage: pl.DataFrame, ticker: str) -> str:
    """How the last refresh went for a ticker that was asked for."""
    rows = coverage.filter(ticker=ticker).select("status", "reason").rows()
    return f" ({ticker} was {': '.join(part for part in rows[0] if part)})" if rows else ""


def _reasons(refused: pl.DataFrame, ticker: str) -> str:
    return f"{ticker}, {_counted(refused, ticker)}"


def _counted(refused: pl.DataFrame, ticker: str) -> str:
    """Why, the commonest first, with the number of bars."""
    rows = refused.filter(ticker=ticker).group_by("reason").agg(bars=pl.col("date").n_unique())
    counted = rows.sort("bars", "reason", descending=[True, False]).iter_rows()
    return ", ".join(f"{bars} for '{reason}'" for reason, bars in counted)
