"""Prepares the stored prices of one ticker for a chart, in today's price units, and the numbers above it."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

YEAR = dt.timedelta(days=365)
AVERAGES = (50, 200)


@dataclass(frozen=True)
class Quote:
    """The numbers above the chart. `change` is the day's, 0.01 is one percent."""

    date: dt.date
    close: float
    change: float | None
    low: float
    high: float
    volume: float | None


def build_history(prices: pl.DataFrame, *, unit: dt.date | None = None) -> pl.DataFrame:
    """PRICES of one ticker with moving averages, in the units of one day (default the last): the close of that
    day stands as it was traded.

    Prices come adjusted forward; dividing by that day's factor lays them on its price. Volume comes in the
    shares of the first bar; those of a day are its factor without the dividends in it.
    """
    rows = prices.sort("date")
    paid = (1 + pl.col("dividend").fill_null(0.0) * pl.col("factor") / pl.col("close")).cum_prod()
    at_unit = pl.col("date") <= (unit or dt.date.max)
    factor, shares = (part.filter(at_unit).last() for part in (pl.col("factor"), pl.col("factor") / paid))
    return rows.select(
        "date",
        *(pl.col(name) / factor for name in ("open", "high", "low", "close")),
        volume=pl.col("volume") * shares,
    ).with_columns(pl.col("close").rolling_mean(span).alias(f"average_{span}") for span in AVERAGES)


def build_quote(history: pl.DataFrame) -> Quote:
    """The last session beside the one before it and the year that ends with it."""
    last = history.row(-1, named=True)
    year = history.filter(pl.col("date") > last["date"] - YEAR)
    before = history["close"][-2] if history.height > 1 else None
    return Quote(
        date=last["date"],
        close=last["close"],
        change=last["close"] / before - 1 if before else None,
        low=_lowest(year),
        high=_highest(year),
        volume=last["volume"],
    )


def _lowest(rows: pl.DataFrame) -> float:
    return float(rows.select(pl.min_horizontal("low", "close").min()).item())


def _highest(rows: pl.DataFrame) -> float:
    return float(rows.select(pl.max_horizontal("high", "close").max()).item())
