"""Finds out whether the future changes the past, for any function that makes dated tables.

The function may give features, learned state, forecasts, positions, a backtest: any tables with a date, each a stage
of its own. For each date, everything after it is changed, cut off, listed or delisted; the rows up to it must stay
equal in every bit.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
import polars as pl

from ml_core.errors import InvalidData, NotEnoughData
from ml_core.evaluation.variants import Tables, last_date, vary

BuildTables = Callable[[Tables, dt.date], Tables]

# What names a row; the first of the dates that a table has says when the row was known.
DATES = ("known", "as_of", "date")
KEY = (*DATES, "ticker", "horizon", "family", "fold", "name", "place")
LOOKS = {
    "stage": pl.String, "change": pl.String, "as_of": pl.Date, "rows": pl.Int64, "columns": pl.Int64,
}  # fmt: skip
WHAT = {
    "changed": "changes when later rows are changed",
    "truncated": "changes when later rows are cut off",
    "listed": "changes when a ticker is listed later",
    "delisted": "changes when a ticker ends later",
    "shuffled": "changes with the order of rows",
    "repeated": "changes from one call to the next",
    "misaligned": "is not log(close h sessions later / close)",
    "earlier": "is earned from prices before the decision could be traded",
}
SINCE = ("earlier",)  # what was compared follows the date, and does not lead up to it


@dataclass(frozen=True)
class ColumnLeak:
    """One column whose past depends on what it should not know."""

    change: str
    as_of: dt.date
    column: str
    rows: int
    first: Mapping[str, Any]  # the key of the first row that moved
    largest: float  # the largest difference; NaN for rows that appeared or went, and for words
    stage: str = ""

    def __str__(self) -> str:
        where = " ".join(str(part) for part in self.first.values())
        stage = f"{self.stage}: " if self.stage else ""
        span = "since" if self.change in SINCE else "up to"
        return (
            f"{stage}{self.column} {span} {self.as_of} {WHAT[self.change]}: {self.rows} rows, first {where}"
        )


@dataclass(frozen=True)
class StageComparison:
    """One look: so many rows and columns of a stage, known up to a date, under one change."""

    stage: str
    change: str
    as_of: dt.date
    rows: int
    columns: int


@dataclass(frozen=True)
class Audit:
    """Every look that was taken, and what it found."""

    compared: tuple[StageComparison, ...]
    findings: tuple[ColumnLeak, ...]

    def __add__(self, other: Audit) -> Audit:
        return Audit(self.compared + other.compared, self.findings + other.findings)

    def counts(self) -> list[dict[str, Any]]:
        """Per stage and change: the dates looked at, rows and columns compared, and how many findings."""
        looks = pl.DataFrame([astuple(one) for one in self.compared], schema=LOOKS, orient="row")
        findings = Counter((one.stage, one.change) for one in self.findings)
        counts = looks.group_by("stage", "change", maintain_order=True).agg(
            dates=pl.col("as_of").n_unique(), rows=pl.col("rows").sum(), columns=pl.col("columns").max()
        )
        return [
            {**row, "findings": findings[row["stage"], row["change"]]} for row in counts.iter_rows(named=True)
        ]


def audit(
    build: Callable[[pl.DataFrame], pl.DataFrame],
    prices: pl.DataFrame,
    *,
    as_of: Sequence[dt.date],
    seed: int,
    listings: bool = True,
    context: Sequence[str] = (),
) -> list[ColumnLeak]:
    """Every column of `build(prices)` that depends on rows after one of the dates, or on the order of rows.

    `listings=False` for a function that takes its own tickers only; `context` names further columns of the
    prices to change. An empty list is a pass.
    """
    return list(
        audit_stages(
            lambda tables, _: {"": build(tables["prices"])},
            {"prices": prices},
            as_of=as_of,
            seed=seed,
            listings=listings,
            context=context,
        ).findings
    )


def audit_stages(
    build: BuildTables,
    tables: Tables,
    *,
    as_of: Sequence[dt.date],
    seed: int,
    listings: bool = True,
    context: Sequence[str] = (),
    changes: Sequence[str] = tuple(WHAT),
    given: Tables | None = None,
    progress: Callable[[str], None] | None = None,
) -> Audit:
    """Each stage that `build(tables, until)` gives, under each change at each date; what is known after `until`
    need not be answered. `given`: what stands already for the tables as they are, instead of a first call."""
    last = last_date(tables)
    given = build(tables, last) if given is None else given
    keys = {stage: _key(stage, table) for stage, table in given.items()}
    audit = Audit((), ())
    for variant in vary(tables, as_of=as_of, seed=seed, listings=listings, context=context):
        if variant.change not in changes:
            continue
        if progress:
            progress(f"{variant.change} {'' if variant.as_of == last else f'after {variant.as_of}'}".strip())
        again = build(variant.tables, variant.as_of)
        for stage, key in keys.items():
            known, then = pl.col(key[0]) <= variant.as_of, again.get(stage)
            audit += compare_tables(
                given[stage].filter(known),
                given[stage].clear() if then is None else then.filter(known),
                stage=stage,
                change=variant.change,
                as_of=variant.as_of,
            )
    return audit


def choose_dates(
    prices: pl.DataFrame, *, count: int, seed: int, after: dt.date | None = None
) -> list[dt.date]:
    """Sessions to audit at: the first after `after`, where alone a back-fill shows, and others by chance.

    The last one is never among them: nothing comes after it.
    """
    sessions = prices["date"].unique().sort()
    possible = sessions.filter(sessions < sessions[-1])
    possible = possible if after is None else possible.filter(possible > after)
    if not len(possible):
        raise NotEnoughData(f"leak audit: no session after {after} and before the last")
    others = np.random.default_rng(seed).choice(len(possible), min(count, len(possible)), replace=False)
    return [possible[int(place)] for place in sorted({0, *others[: count - 1]})]


def _key(stage: str, table: pl.DataFrame) -> list[str]:
    key = [name for name in KEY if name in table.columns]
    if not set(DATES) & set(key):
        raise InvalidData(
            f"leak audit: the table {stage or 'that was built'} has no date; it has {', '.join(table.columns)}"
        )
    return key


def compare_tables(
    before: pl.DataFrame, after: pl.DataFrame, *, stage: str, change: str, as_of: dt.date
) -> Audit:
    """One stage under one change: rows that came or went, then each column of the rows that both have."""
    key = _key(stage, before)
    before, after, leaks = before.sort(key), after.sort(key), []
    if not before.select(key).equals(after.select(key)):
        for here, there in ((before, after), (after, before)):
            rows = here.join(there, on=key, how="anti", maintain_order="left")
            if rows.height:
                first = rows.select(key).row(0, named=True)
                leaks.append(ColumnLeak(change, as_of, "rows", rows.height, first, float("nan"), stage))
        before, after = (
            one.join(other.select(key), on=key, how="semi", maintain_order="left")
            for one, other in ((before, after), (after, before))
        )
    columns = [name for name in before.columns if name not in key]
    for column in columns:
        leaks += _moved(before, after, key, column=column, stage=stage, change=change, as_of=as_of)
    looked = (StageComparison(stage, change, as_of, before.height, len(columns)),) if before.height else ()
    return Audit(looked, tuple(leaks))


def _moved(
    before: pl.DataFrame,
    after: pl.DataFrame,
    key: list[str],
    *,
    column: str,
    stage: str,
    change: str,
    as_of: dt.date,
) -> Iterator[ColumnLeak]:
    if column not in after.columns:
        after = after.with_columns(pl.lit(None, before.schema[column]).alias(column))  # it says nothing
    if before.height != after.height:
        yield ColumnLeak(change, as_of, column, before.height, {}, float("nan"), stage)
        return
    old, new = before[column], after[column]
    if old.dtype.is_float():
        old, new = old.fill_nan(None), new.fill_nan(None)
    differs = old.ne_missing(new)
    if not differs.any():
        return
    first = before.filter(differs).select(key).row(0, named=True)
    gap = (old - new).filter(differs).abs().max() if old.dtype.is_numeric() else None
    largest = float(gap) if isinstance(gap, (int, float)) else float("nan")
    yield ColumnLeak(change, as_of, column, int(differs.sum()), first, largest, stage)
