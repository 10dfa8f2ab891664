"""Judges what came of some tickers at a time, and says what of it is new to the store and what goes from there."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from ml_core.data.intake.differences import drop_same, find_gone, tell_differences
from ml_core.data.intake.history import find_withdrawn
from ml_core.data.intake.incoming import check_incoming
from ml_core.data.intake.plan import IntakePlan
from ml_core.data.intake.refusals import refuse_whole_tickers
from ml_core.data.intake.stored import Stored
from ml_core.data.intake.unsaid import find_idle_entries
from ml_core.data.providers import Fetched, Outcome
from ml_core.data.quality.judge import CheckedBars
from ml_core.frames import BARS, KEYS

AT_ONCE = (
    250_000  # rows that are checked together, 50 tickers of 20 years: the checks take many times their memory
)


@dataclass(frozen=True)
class Batch:
    """Some tickers after their checks. `fresh`: the sound bars that are not stored just so; of those in `rewritten` the
    stored past goes, and so do the bars in `drop`; those in `again` have another past too, and nothing else is told of
    them before they have come whole. `refused`: tickers that are refused whole; `newest`: the last day that came."""

    checked: CheckedBars
    fresh: pl.DataFrame
    outcomes: dict[str, Outcome]
    rewritten: dict[str, str]
    again: dict[str, str]
    refused: dict[str, str]
    drop: pl.DataFrame
    notes: tuple[str, ...]
    newest: dt.date


def judge_batch(
    bars: pl.DataFrame, outcomes: Mapping[str, Outcome], plan: IntakePlan, stored: Stored
) -> Batch:
    """A ticker with another past than the stored one waits for its whole history."""
    latest = bars["date"].max()
    checked, rewritten = check_incoming(bars, plan, stored)
    again = {t: why for t, why in rewritten.items() if t in plan.since and t not in plan.anew}
    if again:
        others = ~pl.col("ticker").is_in(list(again))
        checked = replace(
            checked, sound=checked.sound.filter(others), findings=checked.findings.filter(others)
        )
        outcomes = {ticker: how for ticker, how in outcomes.items() if ticker not in again}
        rewritten = {ticker: why for ticker, why in rewritten.items() if ticker not in again}
    came = {ticker for ticker, how in outcomes.items() if how.status == "ok"}
    idle = find_idle_entries(plan.inquiry.source.quality, checked, came & plan.anew)
    checked, refused = refuse_whole_tickers(checked)
    fresh = _leave_out_stored(checked.sound, rewritten, plan, stored)
    drop, differences = _withdraw(checked, rewritten, plan, stored)
    return Batch(
        checked,
        fresh,
        _after_checks(outcomes, checked.sound, refused),
        rewritten,
        again,
        refused,
        drop,
        (*idle, *differences),
        latest if isinstance(latest, dt.date) else dt.date.min,
    )


def _leave_out_stored(
    sound: pl.DataFrame, rewritten: Collection[str], plan: IntakePlan, stored: Stored
) -> pl.DataFrame:
    """Of a ticker that came whole what stands there already is not merged: the store need not look for it."""
    tickers = set(sound["ticker"].unique())
    anew = (plan.anew & set(plan.inquiry.spans) & tickers) - set(rewritten) - stored.by_tail
    if not anew:
        return sound
    whole = pl.col("ticker").is_in(list(anew))
    same = stored.bars(tuple(sorted(tickers)))
    return pl.concat([sound.filter(~whole), drop_same(sound.filter(whole), same)])


def _withdraw(
    checked: CheckedBars, rewritten: Collection[str], plan: IntakePlan, stored: Stored
) -> tuple[pl.DataFrame, list[str]]:
    """Stored bars that go: they are refused as they are, or did not come where a ticker came whole; and what such a
    ticker has otherwise."""
    refused, key, notes = checked.refused, KEYS["bars"], []
    bars = stored.bars(tuple(refused["ticker"].drop_nulls().unique())) if refused.height else refused
    drop = find_withdrawn(bars, refused, rejudged=plan.rejudged)
    whole = plan.whole & set(checked.sound["ticker"].unique()) - set(rewritten)
    if whole:
        bars = stored.bars(whole)
        came = pl.concat([checked.sound.select(key), refused.select(key)])
        gone = find_gone(bars, came)
        notes = tell_differences(bars, checked.sound.filter(pl.col("ticker").is_in(list(whole))), gone)
        drop = pl.concat([drop, gone]).unique()
    return drop.filter(~pl.col("ticker").is_in(list(rewritten))), notes


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


def part_batches(parts: list[Fetched]) -> Iterator[tuple[pl.DataFrame, dict[str, Outcome]]]:
    """What came, which is given up, in tables that are small enough to be checked."""
    outcomes = {ticker: how for part in parts for ticker, how in part.outcomes.items()}
    pieces: dict[str | None, list[pl.DataFrame]] = {ticker: [] for ticker in outcomes}
    for part in parts:
        if len(part.outcomes) == 1:  # as of a source that answers ticker by ticker: nothing to part
            pieces[next(iter(part.outcomes))].append(part.bars)
            continue
        for ticker, rows in _by_ticker(part.bars):
            pieces.setdefault(ticker, []).append(rows)
    parts.clear()  # of twenty years it is a quarter of a gigabyte, which now stands in the pieces
    batch, names, height = [], [], 0
    while pieces:
        ticker = next(iter(pieces))
        rows = pieces.pop(ticker)
        batch, height = [*batch, *rows], height + sum(piece.height for piece in rows)
        names.append(ticker)
        if height >= AT_ONCE or not pieces:
            parted = [pl.DataFrame(schema=BARS), *(piece.select(list(BARS)) for piece in batch)]
            bars = pl.concat(parted, rechunk=True)  # of many pieces each check would go through all
            yield bars, {name: outcomes[name] for name in names if name in outcomes}
            batch, names, height = [], [], 0


def _by_ticker(bars: pl.DataFrame) -> Iterator[tuple[str | None, pl.DataFrame]]:
    """Views of the rows, nothing is copied where those of a ticker stand together."""
    runs = bars["ticker"].rle().struct.unnest()
    if runs["value"].n_unique() < runs.height:
        bars = bars.sort("ticker", maintain_order=True)
        runs = bars["ticker"].rle().struct.unnest()
    start = 0
    for length, ticker in runs.iter_rows():
        yield ticker, bars.slice(start, length)
        start += length
