"""Takes bars in while a refresh runs: checks them, compares them with what is stored, and commits them with what was
found."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from ml_core.data.calendar import last_closed_session
from ml_core.data.intake.differences import drop_same, find_gone, tell_differences
from ml_core.data.intake.history import find_withdrawn
from ml_core.data.intake.incoming import TAIL, check_incoming
from ml_core.data.intake.stored import Stored
from ml_core.data.intake.unsaid import find_idle_accepts, find_new_jumps, find_new_refusals
from ml_core.data.providers import Fetched, Outcome, Request
from ml_core.data.quality.judge import FINDINGS, Checked
from ml_core.data.source import Source
from ml_core.data.store.bars import PriceStore
from ml_core.data.store.coverage import OVERLAP, Plan, count_empty, describe_coverage, write_coverage
from ml_core.data.store.findings import Share, count_held, keep_findings, refuse_whole_tickers
from ml_core.frames import BARS, KEYS
from ml_core.home.settings import Home

AT_ONCE = (
    250_000  # rows that are checked together, 50 tickers of 20 years: the checks take many times their memory
)


@dataclass
class _Batch:
    """Some tickers after their checks. `fresh`: the sound bars that are not stored just so; of those in `rewritten` the
    stored past goes, and so do the bars in `drop`."""

    checked: Checked
    fresh: pl.DataFrame
    outcomes: dict[str, Outcome]
    rewritten: dict[str, str]
    drop: pl.DataFrame


@dataclass
class Intake:
    """One refresh's way into the store, and what it adds up to."""

    home: Home
    source: Source
    store: PriceStore
    request: Request
    plan: Plan
    before: pl.DataFrame
    spans: dict[str, tuple[dt.date, dt.date, int]]
    outcomes: dict[str, Outcome]
    share: Share
    findings: list[pl.DataFrame] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    jumps: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    rebuilt: dict[str, str] = field(default_factory=dict)
    again: dict[str, str] = field(default_factory=dict)
    inserted: int = 0
    updated: int = 0
    early: bool = False
    newest: dt.date = dt.date.min

    def __post_init__(self) -> None:
        self.closed = last_closed_session(self.request.calendar, self.request.now) or self.request.now.date()
        self.known = Stored(
            self.home, self.store, self.source.identity,
            since=self.plan.since, whole=self.plan.anew, count=TAIL + OVERLAP.days,
        )  # fmt: skip

    def take(self, parts: list[Fetched], *, final: bool) -> None:
        """Check what came and store it: one commit of findings, of bars and of coverage, where they change.

        Tickers whose past the source has rewritten are held back until the `final` one, which asks for them whole.
        """
        self.notes += dict.fromkeys(note for part in parts for note in part.notes if note not in self.notes)
        batches = [self._check(bars, outcomes, self.request) for bars, outcomes in _batches(parts)]
        if final and self.again:
            batches.append(self._ask_again())
        outcomes = {ticker: how for batch in batches for ticker, how in batch.outcomes.items()}
        checked = Checked(
            pl.concat([pl.DataFrame(schema=BARS), *(batch.checked.sound for batch in batches)]),
            pl.concat([pl.DataFrame(schema=FINDINGS), *(batch.checked.findings for batch in batches)]),
        )
        self._tell_new(checked.findings)
        keep_findings(
            self.home,
            self.source.identity,
            checked,
            now=self.request.now,
            whole=self.plan.anew & set(outcomes),
            rejudged=self.plan.rejudged & set(outcomes),
            stored=not self.share.tell_many(),
        )
        self.share.require_few()
        self._write(batches)
        last = min(self.closed, self.request.end or dt.date.max)
        empty = count_empty(
            outcomes, self.before, self.spans, today=self.request.now.date(), last_wanted=last
        )
        if self.source.incremental:
            outcomes = empty.settle(outcomes, self.spans)
            self._tell_ended(outcomes)
        self.outcomes |= outcomes
        self.findings.append(checked.findings)
        rows = describe_coverage(
            outcomes, checked.findings, self.before, self.spans, start=self.request.start, now=self.request.now,
            judgements=self.source.quality.judgements(outcomes), anew=self.plan.anew, empty=empty,
        )  # fmt: skip
        if outcomes:
            write_coverage(self.home, self.source.identity, rows)

    def _check(self, bars: pl.DataFrame, outcomes: dict[str, Outcome], request: Request) -> _Batch:
        """Judge some tickers; a ticker with another past than the stored one waits for its whole history."""
        self.early |= bool((bars["date"] > self.closed).any())
        latest = bars["date"].max()
        self.newest = max(self.newest, latest) if isinstance(latest, dt.date) else self.newest
        checked, rewritten = check_incoming(bars, self.source, self.known, request)
        again = {t: why for t, why in rewritten.items() if t in request.since and t not in self.plan.anew}
        if again:
            self.again |= again
            others = ~pl.col("ticker").is_in(list(again))
            checked = replace(
                checked, sound=checked.sound.filter(others), findings=checked.findings.filter(others)
            )
            outcomes = {ticker: how for ticker, how in outcomes.items() if ticker not in again}
            rewritten = {ticker: why for ticker, why in rewritten.items() if ticker not in again}
        came = {ticker for ticker, how in outcomes.items() if how.status == "ok"}
        self.notes += find_idle_accepts(self.source.quality, checked, came & self.plan.anew)
        checked, refused = refuse_whole_tickers(checked)
        outcomes = _after_checks(outcomes, checked.sound, refused)
        self.share.add(checked, refused, count_held(outcomes, self.spans))
        fresh = self._leave_out_stored(checked.sound, set(rewritten))
        return _Batch(checked, fresh, outcomes, rewritten, self._withdraw(checked, set(rewritten)))

    def _leave_out_stored(self, sound: pl.DataFrame, rewritten: set[str]) -> pl.DataFrame:
        """Of a ticker that came whole what stands there already is not merged: the store need not look for it."""
        anew = (self.plan.anew & set(self.spans) & set(sound["ticker"].unique())) - rewritten
        anew -= set(self.request.since) - set(self.plan.since)  # held by their tail alone
        if not anew:
            return sound
        whole = pl.col("ticker").is_in(list(anew))
        same = self.known.bars(tuple(sorted(set(sound["ticker"].unique()))))
        return pl.concat([sound.filter(~whole), drop_same(sound.filter(whole), same)])

    def _ask_again(self) -> _Batch:
        """Tickers with another past, whole from their first stored day; those that fail stay as they are stored."""
        first = {ticker: self.spans[ticker][0] for ticker in self.again}
        request = replace(self.request, tickers=tuple(self.again), since=first)
        whole = self.source.provider.fetch(request, self.source.config)
        outcomes, rewritten = dict(whole.outcomes), self.again
        self.again = {}
        since = {ticker: day for ticker, day in self.plan.since.items() if ticker not in rewritten}
        self.plan = replace(self.plan, since=since)
        batch = self._check(whole.bars, outcomes, replace(request, since={}))
        came = {ticker for ticker, how in batch.outcomes.items() if how.status == "ok"}
        return replace(batch, rewritten={ticker: why for ticker, why in rewritten.items() if ticker in came})

    def _withdraw(self, checked: Checked, rewritten: set[str]) -> pl.DataFrame:
        """Stored bars that go: they are refused as they are, or did not come where a ticker came whole."""
        refused, key = checked.refused, KEYS["bars"]
        stored = (
            self.known.bars(tuple(refused["ticker"].drop_nulls().unique())) if refused.height else refused
        )
        drop = find_withdrawn(stored, refused, rejudged=self.plan.rejudged)
        whole = self.plan.whole & set(checked.sound["ticker"].unique()) - rewritten
        if whole:
            stored = self.known.bars(whole)
            came = pl.concat([checked.sound.select(key), refused.select(key)])
            sound = checked.sound.filter(pl.col("ticker").is_in(list(whole)))
            gone = find_gone(stored, came)
            self.notes += tell_differences(stored, sound, gone)
            drop = pl.concat([drop, gone]).unique()
        return drop.filter(~pl.col("ticker").is_in(list(rewritten)))

    def _write(self, batches: list[_Batch]) -> None:
        if not any(batch.checked.sound.height for batch in batches):
            return
        rewritten = {ticker: why for batch in batches for ticker, why in batch.rewritten.items()}
        fresh = pl.concat([batch.fresh for batch in batches])
        drop = pl.concat([batch.drop.select(KEYS["bars"]) for batch in batches])
        if not (fresh.height or drop.height):
            return
        written = self.store.write(fresh, observed_at=self.request.now, replace=tuple(rewritten), drop=drop)
        self.rebuilt |= rewritten
        self.inserted += written.inserted
        self.updated += written.updated
        if written.inserted or written.deleted:
            changed = tuple({*fresh["ticker"].unique(), *drop["ticker"].unique()})
            self.spans |= self.store.spans(changed)

    def _tell_new(self, findings: pl.DataFrame) -> None:
        """Jumps and refused bars that nobody was told of yet; a ticker that is refused whole is told as such."""
        single = findings.filter(~pl.col("ticker").is_in(list(self.share.refused)))
        self.refused |= find_new_refusals(self.home, self.source.identity, single)
        new = find_new_jumps(self.home, self.source.identity, findings)
        self.jumps += [f"{bar}: {reason}" for bar, reason in new.items()]

    def _tell_ended(self, outcomes: Mapping[str, Outcome]) -> None:
        known = dict(self.before.select("ticker", "status").iter_rows())
        self.notes += [
            f"{ticker}: ended: {how.reason}"
            for ticker, how in outcomes.items()
            if how.status == "ended" and known.get(ticker) != "ended"
        ]


def _batches(parts: list[Fetched]) -> Iterator[tuple[pl.DataFrame, dict[str, Outcome]]]:
    """What came, which is given up, in tables that are small enough to be checked."""
    outcomes = {ticker: how for part in parts for ticker, how in part.outcomes.items()}
    pieces: dict[str | None, list[pl.DataFrame]] = {ticker: [] for ticker in outcomes}
    for part in parts:
        if len(part.outcomes) == 1:  # as of a source that answers ticker by ticker: nothing to part
            pieces[next(iter(part.outcomes))].append(part.bars)
            continue
        for (ticker,), rows in part.bars.partition_by("ticker", as_dict=True).items():
            pieces.setdefault(ticker, []).append(rows)
    parts.clear()  # of twenty years it is a quarter of a gigabyte, which now stands in the pieces
    batch, names, height = [], [], 0
    while pieces:
        ticker = next(iter(pieces))
        rows = pieces.pop(ticker)
        batch, height = [*batch, *rows], height + sum(piece.height for piece in rows)
        names.append(ticker)
        if height >= AT_ONCE or not pieces:
            bars = pl.concat([pl.DataFrame(schema=BARS), *(piece.select(list(BARS)) for piece in batch)])
            yield bars, {name: outcomes[name] for name in names if name in outcomes}
            batch, names, height = [], [], 0


def _after_checks(
    outcomes: Mapping[str, Outcome], sound: pl.DataFrame, refused: Mapping[str, str]
) -> dict[str, Outcome]:
    kept = dict(sound.group_by("ticker").len().iter_rows())
    return {
        ticker: Outcome("failed", refused.get(ticker) or "no bar came of a session that has closed")
        if outcome.status == "ok" and not kept.get(ticker)
        else replace(outcome, rows=kept.get(ticker, 0))
        for ticker, outcome in outcomes.items()
    }
