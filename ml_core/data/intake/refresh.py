"""Brings an experiment's stored bars up to date: fetches, checks and writes them, and tells for every ticker how it
went."""

import datetime as dt
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from ml_core.data.calendar import last_closed_session
from ml_core.data.intake.fingerprint import Looked, take_look
from ml_core.data.intake.intake import Intake
from ml_core.data.intake.told import keep_told, read_told
from ml_core.data.intake.unsaid import find_held_back
from ml_core.data.providers import Fetched, Outcome, Progress, Request
from ml_core.data.quality.judge import FINDINGS
from ml_core.data.sectors import refresh_sectors
from ml_core.data.source import Source, open_source
from ml_core.data.store.bars import PriceStore
from ml_core.data.store.coverage import Plan, Spans, find_rejudged, plan_refresh, read_coverage
from ml_core.data.store.findings import Share, count_bars, tell_newest
from ml_core.errors import InvalidInput, ProviderFailed
from ml_core.home.settings import Home
from ml_core.spec.choices import nearest
from ml_core.spec.experiment import Experiment

FINE = ("ok", "ended")


@dataclass(frozen=True)
class Refreshed:
    """How a refresh went. `partial`: some ticker got nothing, or not the newest session; the stored bars of the others
    are new.

    `rebuilt` says of which tickers the source has rewritten the past, and how; `held_back` whose newest bar was
    refused, and why; `refused` are other bars that were, and `jumps` kept bars that nothing explains, both told once.
    `unchanged`: the source was not read.
    """

    outcomes: Mapping[str, Outcome]
    inserted: int
    updated: int
    quarantined: int
    version: int | None
    last: dt.date | None
    notes: tuple[str, ...] = ()
    rebuilt: Mapping[str, str] = field(default_factory=dict)
    repaired: int = 0
    held_back: Mapping[str, str] = field(default_factory=dict)
    jumps: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    unchanged: bool = False

    @property
    def failed(self) -> dict[str, Outcome]:
        return {ticker: how for ticker, how in self.outcomes.items() if how.status not in FINE}

    @property
    def partial(self) -> bool:
        return bool(self.failed or self.held_back)


def refresh(
    experiment: Experiment,
    home: Home,
    *,
    now: dt.datetime,
    progress: Progress | None = None,
    session: Any = None,
    whole: tuple[str, ...] | None = None,
) -> Refreshed:
    """Bring the stored bars up to the last closed session. Running it again changes nothing.

    `whole`: tickers, () for all, that are fetched whole and compared with what is stored. What has come is stored
    once, at the end; of a long download now and then, so that one that ends early has not been for nothing, and the
    next one asks for the rest.
    """
    source = open_source(experiment)
    told = read_told(experiment, source.context)
    store = PriceStore(home.store, source.identity)
    request = _request(experiment, home, source, now, session)
    strangers = source.quality.strangers(request.tickers)
    before = read_coverage(home, source.identity)
    rejudged = find_rejudged(before, source.quality.judgements(request.tickers))
    look = take_look(source, request, home)
    if look and whole is None and not rejudged and (known := look.unchanged(store.version())):
        return _as_before(known, (*strangers, *keep_told(store, told, now=now)), store.version())
    spans = store.spans()
    plan = _plan(source, request, before, spans, rejudged=rejudged, whole=whole)
    intake = _open_intake(home, source, store, replace(request, since=plan.since), plan, before, spans)
    for parts, final in _deliveries(_parts(intake, progress), source.store_every):
        intake.take(parts, final=final)
    outcomes = {ticker: intake.outcomes[ticker] for ticker in request.tickers}
    _require_something(source, outcomes)
    came = tuple(ticker for ticker, outcome in outcomes.items() if outcome.status == "ok")
    refresh_sectors(source, store, request, came, now=now)
    done = _sum_up(intake, (*strangers, *keep_told(store, told, now=now)))
    if look and not intake.early:
        look.keep(
            newest=intake.newest, version=done.version or 0, last=done.last, outcomes=done.outcomes,
            refused=done.held_back,
        )  # fmt: skip
    return done


def _request(experiment: Experiment, home: Home, source: Source, now: dt.datetime, session: Any) -> Request:
    universe, data = experiment.universe, experiment.data
    extra = (universe.benchmark, *source.context.series)
    tickers = tuple(dict.fromkeys([*universe.tickers, *(name for name in extra if name)]))
    cache = home.store / "cache" / source.identity
    return Request(
        tickers, universe.sectors, universe.calendar, data.start, data.end, now, cache=cache, session=session
    )


def _plan(
    source: Source,
    request: Request,
    before: pl.DataFrame,
    spans: Spans,
    *,
    rejudged: frozenset[str],
    whole: tuple[str, ...] | None,
) -> Plan:
    for name in whole or ():
        if name not in request.tickers:
            raise InvalidInput(
                f"--whole {name}: no ticker of this experiment{nearest(name, list(request.tickers))}"
            )
    named = frozenset(whole or request.tickers) if whole is not None else frozenset()
    if not source.incremental:
        return Plan(request.tickers, {}, (), rejudged, named & frozenset(spans))
    last = last_closed_session(request.calendar, request.now)
    return plan_refresh(
        request.tickers,
        before,
        spans,
        start=request.start,
        last_wanted=min(last, request.end) if last and request.end else last,
        today=request.now.date(),
        rejudged=rejudged,
        whole=named,
        rotate=source.rotate,
    )


def _open_intake(
    home: Home,
    source: Source,
    store: PriceStore,
    request: Request,
    plan: Plan,
    before: pl.DataFrame,
    spans: dict[str, tuple[dt.date, dt.date, int]],
) -> Intake:
    outcomes = {ticker: Outcome("ok", "up to date") for ticker in plan.settled}
    outcomes |= {ticker: Outcome("ended", reason) for ticker, reason in plan.ended.items()}
    held = sum(spans[ticker][2] for ticker in outcomes)
    share = Share(len(request.tickers), source.quality.limit, held=held, seen=len(outcomes))
    return Intake(home, source, store, request, plan, before, spans, outcomes, share)


def _parts(intake: Intake, progress: Progress | None) -> Generator[Fetched, None, None]:
    source, plan = intake.source, intake.plan
    provider = source.provider
    if not plan.ask:
        return
    asked = replace(intake.request, tickers=plan.ask)
    if provider.stream:
        yield from provider.stream(asked, source.config, progress=progress)
    else:
        yield provider.fetch(asked, source.config, progress=progress)


def _deliveries(
    parts: Generator[Fetched, None, None], every: float | None
) -> Iterator[tuple[list[Fetched], bool]]:
    """What came, to be stored: as often as `every` seconds, and what is left at the end; beside it whether the source
    has told all. What ends the asking, Ctrl-C too, goes on after what came before it."""
    waiting: list[Fetched] = []
    ended: BaseException | None = None
    stored = time.monotonic()
    with closing(parts):
        while True:
            try:
                part = next(parts, None)
            except BaseException as error:
                part, ended = None, error
            if part is None:
                break
            waiting.append(part)
            del part  # or all that came would be held until the next comes
            if every is not None and time.monotonic() - stored >= every:
                yield waiting, False
                waiting, stored = [], time.monotonic()
    yield waiting, ended is None
    if ended:
        raise ended


def _as_before(known: Looked, notes: tuple[str, ...], version: int | None) -> Refreshed:
    """What would come of it once more, as nothing has changed at the source."""
    return Refreshed(
        known.told(), 0, 0, 0, version, dt.date.fromisoformat(known.last) if known.last else None, notes,
        held_back=known.refused, unchanged=True,
    )  # fmt: skip


def _sum_up(intake: Intake, told: tuple[str, ...]) -> Refreshed:
    spans, tickers = intake.spans, intake.request.tickers
    findings = pl.concat([pl.DataFrame(schema=FINDINGS), *intake.findings])
    stored = [spans[ticker][1] for ticker in tickers if ticker in spans]
    refused = findings.filter(verdict="quarantine")
    held = find_held_back(findings, tickers, spans)
    newest = {f"{ticker} {refused['date'].max()}" for ticker in held}
    return Refreshed(
        {ticker: intake.outcomes[ticker] for ticker in tickers},
        intake.inserted,
        intake.updated,
        count_bars(refused),
        intake.store.version(),
        max(stored) if stored else None,
        (*intake.notes, *told, *tell_newest(refused, stored)),
        intake.rebuilt,
        count_bars(findings.filter(verdict="repair")),
        held,
        tuple(intake.jumps),
        {bar: reason for bar, reason in intake.refused.items() if bar not in newest},
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
