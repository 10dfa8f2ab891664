"""Does the future change the past? In: a function of prices, and prices. Out: what moved but should not have.

The function may give forecasts, features, positions or a backtest: any table with a date. For each date,
everything after it is changed, cut off, listed or delisted; the rows up to it must stay equal in every bit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ml_core.errors import InvalidData, NotEnoughData

Build = Callable[[pl.DataFrame], pl.DataFrame]

BAR = ("open", "high", "low", "close")
NEWCOMER = "LISTEDLATER"


@dataclass(frozen=True)
class Finding:
    """One column whose past depends on what it should not know."""

    change: str  # changed, truncated, listed, delisted, shuffled, repeated
    as_of: dt.date
    column: str
    rows: int
    first: tuple  # the key of the first row that moved
    largest: float  # the largest difference; NaN for rows that appeared or went

    def __str__(self) -> str:
        what = {
            "changed": "when later rows are changed", "truncated": "when later rows are cut off",
            "listed": "when a ticker is listed later", "delisted": "when a ticker ends later",
            "shuffled": "with the order of rows", "repeated": "from one call to the next",
        }[self.change]  # fmt: skip
        where = " ".join(str(part) for part in self.first)
        return f"{self.column} up to {self.as_of} changes {what}: {self.rows} rows, first {where}"


def audit(
    build: Build,
    prices: pl.DataFrame,
    *,
    as_of: Sequence[dt.date],
    seed: int,
    listings: bool = True,
    context: Sequence[str] = (),
) -> list[Finding]:
    """Every column of `build(prices)` that depends on rows after one of the dates, or on the order of rows.

    `listings=False` for a function that takes its own tickers only; `context` names further columns of the
    prices to change. An empty list is a pass.
    """
    given = build(prices)
    key = [name for name in ("ticker", "as_of", "date", "horizon") if name in given.columns]
    if not {"as_of", "date"} & set(key):
        raise InvalidData(f"leak audit: the table has no date; it has {', '.join(given.columns)}")
    random = np.random.default_rng(seed)
    last = prices.select(pl.col("date").max()).item()
    findings = _compare(given, build(prices), key, change="repeated", until=last)
    shuffled = build(prices.sample(fraction=1.0, shuffle=True, seed=seed))
    findings += _compare(given, shuffled, key, change="shuffled", until=last)
    for date in sorted(set(as_of)):
        for change, variant in _variants(prices, date, random=random, listings=listings, context=context):
            findings += _compare(given, build(variant), key, change=change, until=date)
    return findings


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


def _variants(
    prices: pl.DataFrame,
    date: dt.date,
    *,
    random: np.random.Generator,
    listings: bool,
    context: Sequence[str],
) -> Iterator[tuple[str, pl.DataFrame]]:
    later = pl.col("date") > date
    past, future = prices.filter(~later), prices.filter(later)
    if not past.height or not future.height:
        return
    yield "changed", pl.concat([past, _changed(future, random, context)])
    yield "truncated", past
    tickers = prices["ticker"].unique().sort()
    if len(tickers) > 1:
        ended = tickers[int(random.integers(len(tickers)))]
        yield "delisted", pl.concat([past, future.filter(pl.col("ticker") != ended)])
    if listings:
        copied = future.filter(pl.col("ticker") == future["ticker"][0])
        yield "listed", pl.concat([prices, copied.with_columns(ticker=pl.lit(NEWCOMER))])


def _changed(future: pl.DataFrame, random: np.random.Generator, context: Sequence[str]) -> pl.DataFrame:
    """Other bars (each still with its high on top), volumes, dividends, splits and context."""

    def wild(spread: float) -> pl.Series:
        return pl.Series(np.exp(random.normal(0.0, spread, future.height)))

    rare = pl.Series(random.random(future.height) < 0.05)
    level, present = wild(0.3), [name for name in BAR if name in future.columns]
    bar = future.with_columns((pl.col(name) * level * wild(0.05)).alias(name) for name in present)
    new = {
        "high": pl.max_horizontal(present) * wild(0.01).clip(1.0),
        "low": pl.min_horizontal(present) * 0.99,
    }
    bar = bar.with_columns(new[name].alias(name) for name in new if name in present)
    others = [name for name in ("adj_close", "factor", "volume", *context) if name in future.columns]
    actions = {"dividend": pl.col("dividend") + rare * 0.01 * pl.col("close"), "split": 1.0 + rare}
    return bar.with_columns(
        *((pl.col(name) * wild(0.5)).alias(name) for name in others),
        *(actions[name].alias(name) for name in actions if name in future.columns),
    )


def _compare(
    given: pl.DataFrame, again: pl.DataFrame, key: list[str], *, change: str, until: dt.date
) -> list[Finding]:
    date = "as_of" if "as_of" in key else "date"
    before, after = (table.filter(pl.col(date) <= until).sort(key) for table in (given, again))
    found = []
    for name, rows in (
        ("rows", before.join(after, on=key, how="anti").sort(key)),
        ("rows", after.join(before, on=key, how="anti").sort(key)),
    ):
        if rows.height:
            first = rows.select(key).row(0)
            found.append(Finding(change, until, name, rows.height, first, float("nan")))
    kept_before, kept_after = (
        table.join(other.select(key), on=key, how="semi", maintain_order="left")
        for table, other in ((before, after), (after, before))
    )
    for column in [name for name in given.columns if name not in key]:
        found += _moved(kept_before, kept_after, key, column=column, change=change, until=until)
    return found


def _moved(
    before: pl.DataFrame, after: pl.DataFrame, key: list[str], *, column: str, change: str, until: dt.date
) -> list[Finding]:
    if column not in after.columns or before.height != after.height:
        return [Finding(change, until, column, before.height, (), float("nan"))]
    old, new = before[column], after[column]
    differs = old.ne_missing(new)  # NaN equals NaN, null equals null
    if not differs.any():
        return []
    first = before.filter(differs).select(key).row(0)
    gap = (old - new).filter(differs).abs().max() if old.dtype.is_numeric() else None
    largest = float(gap) if isinstance(gap, (int, float)) else float("nan")
    return [Finding(change, until, column, int(differs.sum()), first, largest)]
