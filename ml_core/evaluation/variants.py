"""Makes variants of dated tables that share the past and differ in the future; the leakage audit compares what
becomes of them.

Bars, series and facts are changed alike after a date: prices, volume, dividends, splits and whatever else is named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

Tables = Mapping[str, pl.DataFrame]

BAR = ("open", "high", "low", "close")
SCALED = ("adj_close", "factor", "volume", "value")  # `value`: of a user's own dated table
NEWCOMER = "LISTEDLATER"


@dataclass(frozen=True)
class Variant:
    """The tables under one change: what is known up to `as_of` must not notice it."""

    change: str
    as_of: dt.date
    tables: Tables


def vary(
    tables: Tables, *, as_of: Sequence[dt.date], seed: int, listings: bool = True, context: Sequence[str] = ()
) -> Iterator[Variant]:
    """The tables again, in another order, and for each date with another future. Tickers come and go in the first."""
    random = np.random.default_rng(seed)
    last = last_date(tables)
    yield Variant("repeated", last, tables)
    yield Variant("shuffled", last, {name: _shuffle(table, seed) for name, table in tables.items()})
    main = next(iter(tables))
    for date in sorted(set(as_of)):
        past, future = (
            {name: table.filter(rows) for name, table in tables.items()}
            for rows in (pl.col("date") <= date, pl.col("date") > date)
        )
        if not past[main].height or not future[main].height:
            continue
        changed = {name: change_bars(table, random, context) for name, table in future.items()}
        yield Variant("changed", date, {name: pl.concat([past[name], changed[name]]) for name in tables})
        yield Variant("truncated", date, past)
        tickers = tables[main]["ticker"].unique().sort()
        if len(tickers) > 1:
            ended = tickers[int(random.integers(len(tickers)))]
            left = future[main].filter(pl.col("ticker") != ended)
            yield Variant("delisted", date, {**tables, main: pl.concat([past[main], left])})
        if listings:
            copied = future[main].filter(pl.col("ticker") == future[main]["ticker"][0])
            newcomer = copied.with_columns(ticker=pl.lit(NEWCOMER))
            yield Variant("listed", date, {**tables, main: pl.concat([tables[main], newcomer])})


def last_date(tables: Tables) -> dt.date:
    """The newest date of all."""
    return max(table.select(pl.col("date").max()).item() for table in tables.values() if table.height)


def change_bars(future: pl.DataFrame, random: np.random.Generator, context: Sequence[str]) -> pl.DataFrame:
    """Other bars (each still with its high on top), volumes, dividends, splits and context."""

    def wild(spread: float) -> pl.Series:
        return pl.Series(np.exp(random.normal(0.0, spread, future.height)))

    rare = pl.lit(pl.Series(random.random(future.height) < 0.05))
    either = pl.lit(pl.Series(random.choice([0.5, 2.0], future.height)))
    level, present = wild(0.3), [name for name in BAR if name in future.columns]
    bar = future.with_columns((pl.col(name) * level * wild(0.05)).alias(name) for name in present)
    if present:
        highest, lowest = pl.max_horizontal(present) * wild(0.01).clip(1.0), pl.min_horizontal(present) * 0.99
        new = {"high": highest, "low": lowest}
        bar = bar.with_columns(new[name].alias(name) for name in new if name in present)
    others = [name for name in (*SCALED, *context) if name in future.columns]
    actions = {
        "dividend": pl.col("dividend").fill_null(0.0)
        + pl.when(rare).then(0.01 * pl.col("close")).otherwise(0.0),
        "split": pl.when(rare).then(either).otherwise(1.0),
    }
    return bar.with_columns(
        *((pl.col(name) * wild(0.5)).alias(name) for name in others),
        *(actions[name].alias(name) for name in actions if name in future.columns),
    )


def _shuffle(table: pl.DataFrame, seed: int) -> pl.DataFrame:
    return table.sample(fraction=1.0, shuffle=True, seed=seed)
