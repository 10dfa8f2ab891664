"""Says in sentences which tickers have no windows, or none over long stretches, and which column or shortness of
history costs them."""

import datetime as dt
from collections.abc import Iterator

import numpy as np
import polars as pl

from ml_core.features.table import columns_read
from ml_core.panel.windows import Windows

LATE = 20  # sessions that a column may begin after its ticker's first bar, or end before its last, untold


def tell_gaps(prices: pl.DataFrame, windows: Windows, lookback: int) -> tuple[str, ...]:
    """The tickers of which no window can be made, or none of long stretches, and the column or the shortness that
    costs them."""
    told, missing = [], set()
    for column, features in sorted(columns_read(windows.features, prices.columns).items()):
        known = _known(prices, column)
        missing |= set(known.filter(pl.col("begins").is_null())["ticker"])
        told += _of_column(column, known, made=_names(features))
    usable_NT = windows.usable(lookback)
    never = [name for place, name in enumerate(windows.tickers) if not np.any(windows.member_NT[place])]
    if never:
        told.append(f"{_names(never)}: not in the universe on any date of these prices")
        missing |= set(never)
    short = [ticker for place, ticker in enumerate(windows.tickers) if not np.any(usable_NT[place])]
    if short := [ticker for ticker in short if ticker not in missing]:
        told.append(
            f"{_names(short)}: no window of {lookback} sessions; too few bars after the features' warm-up, or none "
            "on which every feature is known"
        )
    return (*told, *_tell_ended(prices, windows))


def _tell_ended(prices: pl.DataFrame, windows: Windows) -> Iterator[str]:
    """Whose bars end before the prices do: forecasts that reach beyond have no outcome, unless one is stated."""
    last = prices.group_by("ticker").agg(pl.col("date").max()).sort("ticker")
    since = windows.sessions[-1 - min(LATE, len(windows.sessions) - 1)]
    stated = set(prices.drop_nulls("delisting")["ticker"]) if "delisting" in prices.columns else set()
    ended = {name: day for name, day in last.iter_rows() if day < since and name not in stated}
    if ended:
        yield (
            f"{_dated(ended)}: no bar after that day; what was forecast beyond it has no outcome, and a holding is "
            "sold at its last price, unless universe.delisting states a return"
        )


def _known(prices: pl.DataFrame, column: str) -> pl.DataFrame:
    """(ticker, begins, ends, before, after): the first and last date of the column, and how many bars lie outside."""
    dates = pl.col("date").filter(pl.col(column).is_not_null())
    return (
        prices.sort("ticker", "date")
        .group_by("ticker", maintain_order=True)
        .agg(
            begins=dates.min(),
            ends=dates.max(),
            before=(pl.col("date") < dates.min()).sum(),
            after=(pl.col("date") > dates.max()).sum(),
        )
    )


def _of_column(column: str, known: pl.DataFrame, *, made: str) -> Iterator[str]:
    never = known.filter(pl.col("begins").is_null())["ticker"].to_list()
    late = dict(known.filter(pl.col("before") > LATE).select("ticker", "begins").iter_rows())
    ended = dict(known.filter(pl.col("after") > LATE).select("ticker", "ends").iter_rows())
    if never:
        yield f"{_names(never)}: no {column}; without {made} there is no window"
    if late:
        yield f"{_dated(late)}: no {column} before that day; without {made} no window can begin earlier"
    if ended:
        yield f"{_dated(ended)}: no {column} after that day; since then average values stand for {made}"


def _dated(days: dict[str, dt.date]) -> str:
    return _names([f"{ticker} ({day})" for ticker, day in days.items()])


def _names(names: list[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
