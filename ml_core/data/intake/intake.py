"""Takes bars in while a refresh runs: has them judged batch by batch, and commits them with what was found of them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from ml_core.data.intake.answered import describe_answers
from ml_core.data.intake.batch import Batch, judge_batch, part_batches
from ml_core.data.intake.ended import count_empty
from ml_core.data.intake.plan import IntakePlan
from ml_core.data.intake.refusals import Refusals, count_held
from ml_core.data.intake.stored import Stored
from ml_core.data.intake.unsaid import find_new_jumps, find_new_refusals, find_new_repairs
from ml_core.data.providers import Fetched, Outcome
from ml_core.data.quality.judge import FINDINGS, CheckedBars
from ml_core.data.store.bars import find_later, lengthen
from ml_core.data.store.findings import find_stale
from ml_core.frames import BARS, KEYS


@dataclass
class Intake:
    """One refresh's way into the store, and what it adds up to. `refused` and `jumps`: single bars that nobody was told
    of yet; `again`: tickers that are to be asked for whole, because their past is another one now."""

    plan: IntakePlan
    findings: list[pl.DataFrame] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    jumps: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    repairs: dict[str, str] = field(default_factory=dict)
    rebuilt: dict[str, str] = field(default_factory=dict)
    again: dict[str, str] = field(default_factory=dict)
    inserted: int = 0
    updated: int = 0
    newest: dt.date = dt.date.min

    def __post_init__(self) -> None:
        self.inquiry = self.plan.inquiry
        self.store, self.source = self.inquiry.store, self.inquiry.source
        self.outcomes, self.spans = self.plan.spared, dict(self.inquiry.spans)
        self.refusals = Refusals(
            len(self.inquiry.tickers),
            self.source.quality.limit,
            held=sum(self.spans[ticker][2] for ticker in self.outcomes),
            seen=len(self.outcomes),
        )
        self.stored = Stored(self.plan)

    def take(self, parts: list[Fetched], *, final: bool) -> None:
        """Check what came and store it: one commit of findings, of bars and of answers, where they change.

        Tickers whose past the source has rewritten are held back until the `final` one, which asks for them whole.
        """
        self.notes += dict.fromkeys(note for part in parts for note in part.notes if note not in self.notes)
        batches = [self._judge(bars, outcomes) for bars, outcomes in part_batches(parts)]
        if final and self.again:
            batches.append(self._ask_again())
        outcomes = {ticker: how for batch in batches for ticker, how in batch.outcomes.items()}
        checked = CheckedBars(
            pl.concat([pl.DataFrame(schema=BARS), *(batch.checked.sound for batch in batches)]),
            pl.concat([pl.DataFrame(schema=FINDINGS), *(batch.checked.findings for batch in batches)]),
        )
        self._keep_findings(checked, set(outcomes))
        self.refusals.require_few()
        self._write_bars(batches)
        self._write_answers(outcomes, checked.findings)

    def _judge(self, bars: pl.DataFrame, outcomes: Mapping[str, Outcome]) -> Batch:
        batch = judge_batch(bars, outcomes, self.plan, self.stored)
        self.again |= batch.again
        self.notes += batch.notes
        self.newest = max(self.newest, batch.newest)
        self.refusals.add(batch.checked, batch.refused, count_held(batch.outcomes, self.spans))
        return batch

    def _ask_again(self) -> Batch:
        """Tickers with another past, whole from their first stored day; those that fail stay as they are stored."""
        again, self.again = self.again, {}
        first = {ticker: self.spans[ticker][0] for ticker in again}
        request = replace(self.inquiry.request, tickers=tuple(again), since=first)
        whole = self.source.provider.fetch(request, self.source.config)
        self.plan = self.plan.ask_whole(again)
        batch = self._judge(whole.bars, whole.outcomes)
        came = {ticker for ticker, how in batch.outcomes.items() if how.status == "ok"}
        return replace(batch, rewritten={ticker: why for ticker, why in again.items() if ticker in came})

    def _keep_findings(self, checked: CheckedBars, tickers: set[str]) -> None:
        """Where too much is refused no bar is stored, and so no earlier finding goes."""
        named = {*tickers, *checked.findings["ticker"].drop_nulls()}
        earlier = self.store.findings.read(tuple(sorted(named))) if named else checked.findings.clear()
        self._tell_new(earlier, checked.findings)
        stale = None
        if not self.refusals.tell_many():
            stale = find_stale(
                earlier,
                checked,
                whole=self.plan.anew & tickers,
                rejudged=self.plan.rejudged & tickers,
            )
        self.store.findings.keep(checked.findings, now=self.inquiry.now, drop=stale)
        self.findings.append(checked.findings)

    def _tell_new(self, earlier: pl.DataFrame, findings: pl.DataFrame) -> None:
        """Jumps, refused and changed bars that nobody was told of yet; a ticker that is refused whole is told as
        such."""
        single = findings.filter(~pl.col("ticker").is_in(list(self.refusals.refused)))
        self.refused |= find_new_refusals(earlier, single)
        self.repairs |= find_new_repairs(earlier, single)
        new = find_new_jumps(earlier, findings)
        self.jumps += [f"{bar}: {reason}" for bar, reason in new.items()]

    def _write_bars(self, batches: list[Batch]) -> None:
        if not any(batch.checked.sound.height for batch in batches):
            return
        rewritten = {ticker: why for batch in batches for ticker, why in batch.rewritten.items()}
        fresh = pl.concat([batch.fresh for batch in batches])
        drop = pl.concat([batch.drop.select(KEYS["bars"]) for batch in batches])
        if not (fresh.height or drop.height):
            return
        bars = self.store.bars
        written = bars.write(fresh, observed_at=self.inquiry.now, replace=tuple(rewritten), drop=drop)
        self.rebuilt |= rewritten
        self.inserted += written.inserted
        self.updated += written.updated
        if written.deleted or written.inserted != (added := find_later(fresh, self.spans)).height:
            self.spans |= bars.spans(tuple({*fresh["ticker"].unique(), *drop["ticker"].unique()}))
        else:  # each new bar is later than those stored before: nothing need be read to know what is stored now
            self.spans |= lengthen(self.spans, added)

    def _write_answers(self, outcomes: dict[str, Outcome], findings: pl.DataFrame) -> None:
        empty = count_empty(outcomes, self.inquiry, self.spans)
        if self.source.incremental:
            outcomes = empty.settle(outcomes, self.spans)
            self._tell_ended(outcomes)
        self.outcomes |= outcomes
        if outcomes:
            self.store.answers.write(describe_answers(outcomes, findings, self.spans, empty, self.plan))

    def _tell_ended(self, outcomes: Mapping[str, Outcome]) -> None:
        known = {ticker: row["status"] for ticker, row in self.inquiry.answered.items()}
        self.notes += [
            f"{ticker}: ended: {how.reason}"
            for ticker, how in outcomes.items()
            if how.status == "ended" and known.get(ticker) != "ended"
        ]
