"""An experiment and the time in; bars fetched, checked and written, an outcome for every ticker out."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from ml_core.data.calendar import last_closed_session
from ml_core.data.coverage import (
    Plan,
    describe_coverage,
    find_rejudged,
    plan_refresh,
    read_coverage,
    write_coverage,
)
from ml_core.data.history import find_withdrawn
from ml_core.data.incoming import check_incoming
from ml_core.data.providers import Fetched, Outcome, Progress, Request
from ml_core.data.quality import FINDINGS
from ml_core.data.quarantine import (
    Share,
    count_bars,
    count_held,
    keep_findings,
    refuse_whole_tickers,
    tell_newest,
)
from ml_core.data.sectors import refresh_sectors
from ml_core.data.source import Source, open_source
from ml_core.data.store import PriceStore
from ml_core.data.told import keep_told, read_told
from ml_core.errors import InvalidInput, ProviderFailed
from ml_core.experiment import Experiment
from ml_core.settings import Home


@dataclass(frozen=True)
class Refreshed:
    """How a refresh went. `partial`: some ticker got nothing; the stored bars of the others are new.

    `rebuilt` says of which tickers the source has rewritten the past, and how.
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

    @property
    def partial(self) -> bool:
        return any(outcome.status != "ok" for outcome in self.outcomes.values())


@dataclass
class _Tally:
    """What the parts of one refresh add up to."""

    outcomes: dict[str, Outcome]
    share: Share
    rejudged: frozenset[str]
    findings: list[pl.DataFrame] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rebuilt: dict[str, str] = field(default_factory=dict)
    inserted: int = 0
    updated: int = 0


def refresh(
    experiment: Experiment,
    home: Home,
    *,
    now: dt.datetime,
    progress: Progress | None = None,
    session: Any = None,
) -> Refreshed:
    """Bring the stored bars up to the last closed session. Running it again changes nothing.

    What has come is stored part by part, and then remembered as such: a refresh that ends early has not been for
    nothing, and the next one asks for the rest.
    """
    source = open_source(experiment)
    told = read_told(experiment, source.context)
    store = PriceStore(home.store, source.identity)
    before = read_coverage(home, source.identity)
    spans = store.spans()
    request, plan = _request(experiment, home, source, now, session, before=before, spans=spans)
    up_to_date = {ticker: Outcome("ok", "up to date") for ticker in plan.settled}
    held = sum(spans[ticker][2] for ticker in plan.settled)
    share = Share(len(request.tickers), source.quality.limit, held=held, seen=len(plan.settled))
    tally = _Tally(up_to_date, share, plan.rejudged)
    _remember(home, store, source, request, before, tally.outcomes, pl.DataFrame(schema=FINDINGS))
    for part in _parts(source, request, plan, progress):
        outcomes, findings = _take(part, source, store, request, home, tally)
        _remember(home, store, source, request, before, outcomes, findings)
    spans = store.spans()
    findings = pl.concat([pl.DataFrame(schema=FINDINGS), *tally.findings])
    came = tuple(ticker for ticker, outcome in tally.outcomes.items() if outcome.status == "ok")
    _require_something(source, tally)
    refresh_sectors(source, store, request, came, now=now)
    tally.notes += keep_told(store, told, now=now)
    stored = [spans[ticker][1] for ticker in request.tickers if ticker in spans]
    tally.notes += tell_newest(findings.filter(verdict="quarantine"), stored)
    return Refreshed(
        {ticker: tally.outcomes[ticker] for ticker in request.tickers},
        tally.inserted,
        tally.updated,
        count_bars(findings.filter(verdict="quarantine")),
        store.version(),
        max(stored) if stored else None,
        tuple(tally.notes),
        tally.rebuilt,
        count_bars(findings.filter(verdict="repair")),
    )


def _request(
    experiment: Experiment,
    home: Home,
    source: Source,
    now: dt.datetime,
    session: Any,
    *,
    before: pl.DataFrame,
    spans: Mapping[str, tuple[dt.date, dt.date, int]],
) -> tuple[Request, Plan]:
    universe, data = experiment.universe, experiment.data
    extra = (universe.benchmark, *source.context.series)
    tickers = tuple(dict.fromkeys([*universe.tickers, *(name for name in extra if name)]))
    last = last_closed_session(universe.calendar, now)
    last = min(last, data.end) if last and data.end else last
    rejudged = find_rejudged(before, source.quality.judgements(tickers))
    plan = Plan(tickers, {}, (), rejudged)
    if source.incremental:
        plan = plan_refresh(tickers, before, spans, start=data.start, last_wanted=last, rejudged=rejudged)
    cache = home.store / "cache" / source.identity
    request = Request(
        tickers, universe.sectors, universe.calendar, data.start, data.end, now, plan.since, cache, session
    )
    return request, plan


def _parts(source: Source, request: Request, plan: Plan, progress: Progress | None) -> Iterator[Fetched]:
    if not plan.ask:
        return
    asked = replace(request, tickers=plan.ask)
    if source.incremental:
        yield from source.module.stream(asked, source.config, progress=progress)
    else:
        yield source.module.fetch(asked, source.config, progress=progress)


def _take(
    part: Fetched, source: Source, store: PriceStore, request: Request, home: Home, tally: _Tally
) -> tuple[dict[str, Outcome], pl.DataFrame]:
    """Check and write what came; how it went and what was found. A ticker with another past is fetched whole."""
    checked, rewritten = check_incoming(part.bars, source, store, request, home)
    outcomes = dict(part.outcomes)
    if again := tuple(ticker for ticker in rewritten if ticker in request.since):
        first = {ticker: span[0] for ticker, span in store.spans(again).items()}
        whole = source.module.fetch(replace(request, tickers=again, since=first), source.config)
        came = [ticker for ticker in again if whole.outcomes[ticker].status == "ok"]
        rewritten = {
            ticker: why for ticker, why in rewritten.items() if ticker in came or ticker not in again
        }
        outcomes |= whole.outcomes
        others = part.bars.filter(~pl.col("ticker").is_in(again))
        fresh = replace(request, since={t: day for t, day in request.since.items() if t not in again})
        checked, _ = check_incoming(pl.concat([others, whole.bars]), source, store, fresh, home)
    checked, refused = refuse_whole_tickers(checked)
    outcomes = _after_checks(outcomes, checked.sound, refused)
    keep_findings(home, source.identity, checked, now=request.now, rejudged=tally.rejudged)
    tally.share.add(checked, refused, count_held(outcomes, store.spans(tuple(outcomes))))
    tally.share.require_few()
    tally.outcomes |= outcomes
    tally.findings.append(checked.findings)
    tally.notes += [note for note in part.notes if note not in tally.notes]
    if checked.sound.height:
        refused = checked.refused
        stored = store.bars(tuple(refused["ticker"].unique())) if refused.height else checked.sound.clear()
        withdrawn = find_withdrawn(stored, refused, rejudged=tally.rejudged)
        written = store.write(
            checked.sound, observed_at=request.now, replace=tuple(rewritten), drop=withdrawn
        )
        tally.rebuilt |= rewritten
        tally.inserted += written.inserted
        tally.updated += written.updated
    return outcomes, checked.findings


def _remember(
    home: Home,
    store: PriceStore,
    source: Source,
    request: Request,
    before: pl.DataFrame,
    outcomes: Mapping[str, Outcome],
    findings: pl.DataFrame,
) -> None:
    """After the bars: a refresh that is ended in between asks once more for the tickers of one part."""
    if outcomes:
        spans = store.spans(tuple(outcomes))
        rows = describe_coverage(
            outcomes, findings, before, spans, start=request.start, now=request.now,
            judgements=source.quality.judgements(outcomes))  # fmt: skip
        write_coverage(home, source.identity, rows)


def _after_checks(
    outcomes: Mapping[str, Outcome], sound: pl.DataFrame, refused: Mapping[str, str]
) -> dict[str, Outcome]:
    kept = dict(sound.group_by("ticker").len().iter_rows())
    return {
        ticker: Outcome("failed", refused.get(ticker) or "no bar that came is of a closed session")
        if outcome.status == "ok" and not kept.get(ticker)
        else replace(outcome, rows=kept.get(ticker, 0))
        for ticker, outcome in outcomes.items()
    }


def _require_something(source: Source, tally: _Tally) -> None:
    """A refresh that brought nothing for anybody is an error, with the first reason."""
    if any(outcome.status == "ok" for outcome in tally.outcomes.values()):
        return
    ticker, outcome = next(iter(tally.outcomes.items()))
    others = f" (and {len(tally.outcomes) - 1} others)" if len(tally.outcomes) > 1 else ""
    asked_wrongly = outcome.status in ("unknown", "empty") or source.name == "files"
    raise (InvalidInput if asked_wrongly else ProviderFailed)(
        f"no bar could be stored; {ticker}{others}: {outcome.reason or outcome.status}"
    )
