"""Turns daily prices into prices of the task's frequency, such as weekly ones."""

import datetime as dt

import polars as pl

from ml_core.data.calendar import WHATEVER, sessions_between


def at_frequency(prices: pl.DataFrame, frequency: str, *, calendar: str = WHATEVER) -> pl.DataFrame:
    """Daily rows as they are; weekly ones dated by the week's last session, weeks that are over only."""
    if frequency == "daily" or prices.is_empty():
        return prices.sort("ticker", "date")
    week = pl.col("date").dt.truncate("1w")
    last_session = pl.col("date").max().over(week)
    newest = prices.select(pl.col("date").max()).item()
    running = (last_session == newest) & pl.lit(not is_week_over(newest, calendar))
    weekly = (
        prices.sort("ticker", "date")
        .with_columns(session=last_session, week=week, running=running)
        .filter(~pl.col("running"))
        .group_by("ticker", "session", maintain_order=True)
        .agg(
            pl.col("open").drop_nulls().first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.when(pl.col("volume").is_not_null().any()).then(pl.col("volume").sum()),
            pl.col("dividend").sum(),
            pl.col("split").product(),
            pl.col("factor").last(),
        )
        .rename({"session": "date"})
    )
    return weekly.select(prices.columns).sort("ticker", "date")


def is_week_over(last: dt.date, calendar: str) -> bool:
    """Whether no session of that week comes after `last`: a holiday on Friday ends a week on Thursday."""
    sunday = last + dt.timedelta(days=7 - last.isoweekday())
    return last == sunday or not sessions_between(calendar, last + dt.timedelta(days=1), sunday)
