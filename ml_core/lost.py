"""Windows that could not be made, and why: in prices and the windows read from them, sentences out."""

import datetime as dt

import numpy as np
import polars as pl

from ml_core.features.table import columns_read
from ml_core.windows import Windows

LATE = 20  # sessions that a column may begin after its ticker's first bar before it is told


def tell_lost(prices: pl.DataFrame, windows: Windows, lookback: int) -> tuple[str, ...]:
    """The tickers of which no window can be made, or none of long stretches, and the column or the shortness that
    costs them."""
    told, missing = [], set()
    for column, features in sorted(columns_read(windows.features, prices.columns).items()):
        never, late = _beginnings(prices, column)
        missing |= set(never)
        if never:
            told.append(
                f"{_names(never)}: no {column}, which {_names(features)} need; without them there is no window"
            )
        if late:
            since = max(late.values())
            told.append(
                f"{_names(list(late))}: no {column} before {since}; without {_names(features)} "
                "there is no window before it"
            )
    usable_NT = windows.usable(lookback)
    short = [ticker for place, ticker in enumerate(windows.tickers) if not np.any(usable_NT[place])]
    if short := [ticker for ticker in short if ticker not in missing]:
        told.append(
            f"{_names(short)}: too few bars for one window of {lookback} sessions after the features' warm-up"
        )
    return tuple(told)


def _beginnings(prices: pl.DataFrame, column: str) -> tuple[list[str], dict[str, dt.date]]:
    """Tickers that never have the column, and those that have it late, with the first date."""
    begins = pl.col("date").filter(pl.col(column).is_not_null()).min()
    first = (
        prices.sort("ticker", "date")
        .group_by("ticker", maintain_order=True)
        .agg(begins=begins, before=(pl.col("date") < begins).sum())
    )
    late = first.filter(pl.col("before") > LATE)
    never = first.filter(pl.col("begins").is_null())["ticker"].to_list()
    return never, dict(late.select("ticker", "begins").iter_rows())


def _names(names: list[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
