"""Explains why a ticker has no bars and what would help, for commands, flows and the app."""

import datetime as dt

import polars as pl

from ml_core.data.store.store import Store
from ml_core.spec.experiment import Experiment

NAMED = 5


def explain_absence(
    experiment: Experiment, store: Store, missing: tuple[str, ...], *, until: dt.date | None = None
) -> str:
    """Lost from the store: refresh --whole. Never fetched: refresh. Refused by the checks: another refresh would refuse
    them again. Stored, but of other days: which."""
    spans = store.bars.spans()
    refused = store.findings.read(missing).filter(verdict="quarantine")
    absent = [ticker for ticker in missing if ticker not in spans]
    whole = [ticker for ticker in absent if ticker in set(refused["ticker"])]
    answers = store.answers.read()
    if lost := [ticker for ticker in absent if _held(answers, ticker)]:
        return f"{_lost(answers, lost)}; run: candorcast refresh {experiment.name} --whole"
    if unknown := [ticker for ticker in absent if ticker not in whole]:
        said = _said(answers, unknown[0])
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
    experiment: Experiment, store: Store, missing: tuple[str, ...], *, until: dt.date | None = None
) -> dict[str, str]:
    """Why each of these tickers has no bar: what one command leaves out, another may bring."""
    if not missing:
        return {}
    spans, answers = store.bars.spans(missing), store.answers.read()
    refused = store.findings.read(missing).filter(verdict="quarantine")
    known, whole = set(answers["ticker"]), set(refused["ticker"])
    told = {}
    for ticker in missing:
        if ticker in spans:
            first, last, _ = spans[ticker]
            told[ticker] = f"no bars stored{_asked(experiment, until)}; it is stored from {first} to {last}"
        elif _held(answers, ticker):
            told[ticker] = f"{_lost(answers, [ticker])}; run: candorcast refresh {experiment.name} --whole"
        elif ticker in whole:
            told[ticker] = (
                f"no sound bar: in quarantine are {_counted(refused, ticker)} (data.quality.accept)"
            )
        elif ticker in known:
            told[ticker] = f"no bars stored{_said(answers, ticker)}"
        else:
            told[ticker] = f"no bars stored; run: candorcast refresh {experiment.name}"
    return told


def _held(answers: pl.DataFrame, ticker: str) -> int:
    """How many of its bars were stored after its last refresh."""
    return int(answers.filter(ticker=ticker)["rows"].sum())


def _lost(answers: pl.DataFrame, tickers: list[str]) -> str:
    """Bars were stored and are not there: a part of the table's log, or all of it, was taken away."""
    held = _held(answers, tickers[0])
    return f"the store has lost the bars of {_listed(tickers)} (of {tickers[0]} {held} were stored)"


def _asked(experiment: Experiment, until: dt.date | None) -> str:
    begin, end = experiment.data.start, until or experiment.data.end
    return (f" from {begin}" if begin else "") + (f" up to {end}" if end else "")


def _listed(tickers: list[str]) -> str:
    more = f" and {len(tickers) - NAMED} more" if len(tickers) > NAMED else ""
    return ", ".join(tickers[:NAMED]) + more


def _said(answers: pl.DataFrame, ticker: str) -> str:
    """How the last refresh went for a ticker that was asked for."""
    rows = answers.filter(ticker=ticker).select("status", "reason").rows()
    return f" ({ticker} was {': '.join(part for part in rows[0] if part)})" if rows else ""


def _reasons(refused: pl.DataFrame, ticker: str) -> str:
    return f"{ticker}, {_counted(refused, ticker)}"


def _counted(refused: pl.DataFrame, ticker: str) -> str:
    """Why, the commonest first, with the number of bars."""
    rows = refused.filter(ticker=ticker).group_by("reason").agg(bars=pl.col("date").n_unique())
    counted = rows.sort("bars", "reason", descending=[True, False]).iter_rows()
    return ", ".join(f"{bars} for '{reason}'" for reason, bars in counted)
