"""Brings an experiment's stored bars up to date: fetches, checks and writes them, and tells for every ticker how it
went."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from ml_core.data.intake.deliveries import deliver, fetch
from ml_core.data.intake.fingerprint import describe_source
from ml_core.data.intake.inquiry import open_inquiry
from ml_core.data.intake.intake import Intake
from ml_core.data.intake.plan import plan_refresh
from ml_core.data.intake.refreshed import FINE, Refreshed
from ml_core.data.intake.refusals import tell_newest
from ml_core.data.intake.told import keep_told, read_told
from ml_core.data.intake.unsaid import find_held_back
from ml_core.data.providers import Outcome, TellFetched
from ml_core.data.quality.judge import FINDINGS
from ml_core.data.sectors import refresh_sectors
from ml_core.data.source import Source
from ml_core.data.store.findings import count_bars
from ml_core.data.store.store import open_store
from ml_core.errors import InvalidInput, ProviderFailed
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment


def refresh(
    experiment: Experiment,
    home: Home,
    *,
    now: dt.datetime,
    progress: TellFetched | None = None,
    session: Any = None,
    whole: tuple[str, ...] | None = None,
) -> Refreshed:
    """Bring the stored bars up to the last closed session. Running it again changes nothing.

    `whole`: tickers, () for all, that are fetched whole and compared with what is stored. What has come is stored
    once, at the end; of a long download now and then, so that one that ends early has not been for nothing, and the
    next one asks for the rest.
    """
    store = open_store(experiment, home)
    source = store.source
    told = read_told(experiment, source.context)
    inquiry = open_inquiry(experiment, store, now=now, session=session)
    strangers = source.quality.strangers(inquiry.tickers)
    state = describe_source(inquiry)
    if state and whole is None and not inquiry.rejudged and (known := state.unchanged()):
        notes = (*strangers, *keep_told(store.bars, told, now=now))
        return known.repeat(notes, store.bars.version())
    intake = Intake(plan_refresh(inquiry, whole))
    for parts, final in deliver(fetch(intake.plan, progress), source.store_every):
        intake.take(parts, final=final)
    outcomes = {ticker: intake.outcomes[ticker] for ticker in inquiry.tickers}
    _require_something(source, outcomes)
    came = tuple(ticker for ticker, outcome in outcomes.items() if outcome.status == "ok")
    refresh_sectors(store, inquiry.request, came)
    done = _sum_up(intake, outcomes, (*strangers, *keep_told(store.bars, told, now=now)))
    if state and intake.newest <= inquiry.closed:
        state.keep(done, newest=intake.newest)
    return done


def _sum_up(intake: Intake, outcomes: Mapping[str, Outcome], told: tuple[str, ...]) -> Refreshed:
    spans = intake.spans
    findings = pl.concat([pl.DataFrame(schema=FINDINGS), *intake.findings])
    stored = [spans[ticker][1] for ticker in outcomes if ticker in spans]
    refused = findings.filter(verdict="quarantine")
    held = find_held_back(findings, tuple(outcomes), spans)
    newest = {f"{ticker} {refused['date'].max()}" for ticker in held}
    return Refreshed(
        outcomes,
        intake.inserted,
        intake.updated,
        count_bars(refused),
        intake.store.bars.version(),
        max(stored) if stored else None,
        (*intake.notes, *told, *tell_newest(refused, stored)),
        intake.rebuilt,
        count_bars(findings.filter(verdict="repair")),
        held,
        tuple(intake.jumps),
        {bar: reason for bar, reason in intake.refused.items() if bar not in newest},
        repairs=dict(intake.repairs),
        rejudged=tuple(sorted(intake.plan.rejudged & set(outcomes))),
    )


def _require_something(source: Source, outcomes: Mapping[str, Outcome]) -> None:
    """A refresh that brought nothing for anybody is an error, with the first reason."""
    if any(outcome.status in FINE for outcome in outcomes.values()):
        return
    ticker, outcome = next(iter(outcomes.items()))
    others = f" (and {len(outcomes) - 1} others)" if len(outcomes) > 1 else ""
    asked_wrongly = outcome.status in ("unknown", "empty") or source.name == "files"
    raise (InvalidInput if asked_wrongly else ProviderFailed)(
        f"no bar could be stored; {ticker}{others}: {outcome.reason or outcome.status}"
    )
