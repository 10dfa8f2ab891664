"""Holds the steps between a forecast and a position, each a pure function on a table.

VIEWS (ticker, date, mean, scale) or POSITIONS come in, the same with other values go out. What a step says of a date
depends on rows of that date and of earlier ones only, whatever comes later.
"""

import numpy as np
import polars as pl

LEAST_DATES = 20  # dates before the gate's quantile means something
KEY = ["date", "ticker"]


def smooth(views: pl.DataFrame, half_life: float) -> pl.DataFrame:
    """Each ticker's forecast averaged with its earlier ones, whose weight halves every `half_life` dates."""
    smoothed = pl.col("mean").ewm_mean(half_life=half_life).over("ticker")
    return views.sort("ticker", "date").with_columns(smoothed).sort(KEY)


def mark_confident(views: pl.DataFrame, *, quantile: float, dates: int) -> pl.DataFrame:
    """With `confident`: |mean| / scale is at least that quantile of all tickers' over the `dates` dates before this
    one. The first 20 dates have too few before them: nothing is confident there."""
    strength = pl.col("mean").abs() / pl.col("scale")
    table = views.sort(KEY).with_columns(strength=pl.when(pl.col("scale") > 0).then(strength))
    known = table.filter(pl.col("strength").is_not_null())
    by_date = table.select("date").unique(maintain_order=True)
    counts = known.group_by("date", maintain_order=True).len()
    edges = by_date.join(counts, on="date", how="left").select(pl.col("len").fill_null(0).cum_sum())
    edge_T = np.concatenate([[0], edges["len"].to_numpy()])
    bars = _quantiles(known["strength"].to_numpy(), edge_T, quantile=quantile, dates=dates)
    bar = by_date.with_columns(bar=pl.Series(bars, dtype=pl.Float64).fill_nan(None))
    return (
        table.join(bar, on="date", how="left", maintain_order="left")
        .with_columns(confident=(pl.col("strength") >= pl.col("bar")).fill_null(value=False))
        .drop("strength", "bar")
    )


def _quantiles(values: np.ndarray, edge_T: np.ndarray, *, quantile: float, dates: int) -> list[float]:
    """Of each date, over the values of the dates before it; date t's own values are those from edge t to t + 1."""
    bars = []
    for place in range(len(edge_T) - 1):
        pool = values[edge_T[max(0, place - dates)] : edge_T[place]]
        bars.append(
            float(np.quantile(pool, quantile)) if place >= LEAST_DATES and len(pool) else float("nan")
        )
    return bars


def clip(positions: pl.DataFrame, limit: float) -> pl.DataFrame:
    """No position beyond the limit, long or short."""
    return positions.with_columns(pl.col("weight").clip(-limit, limit))


def balance(positions: pl.DataFrame, *, by: tuple[str, ...] = ()) -> pl.DataFrame:
    """The larger side shrinks to the smaller, on each date, and in each group of the columns `by`."""
    weight, group = pl.col("weight"), ["date", *by]
    sides = positions.with_columns(
        long=weight.clip(lower_bound=0).sum().over(group), short=-weight.clip(upper_bound=0).sum().over(group)
    )
    smaller = pl.min_horizontal("long", "short")
    kept = pl.when(weight > 0).then(smaller / pl.col("long")).otherwise(smaller / pl.col("short"))
    return sides.with_columns(weight=pl.when(weight == 0).then(0.0).otherwise(weight * kept)).drop(
        "long", "short"
    )


def cap_leverage(positions: pl.DataFrame, most: float) -> pl.DataFrame:
    """A date whose weights add up to more, long and short together, shrinks to that."""
    gross = pl.col("weight").abs().sum().over("date")
    shrunk = pl.col("weight") * (most / gross)
    return positions.with_columns(
        pl.when(gross > most * (1 + 1e-9)).then(shrunk).otherwise("weight").alias("weight")
    )


def hold(positions: pl.DataFrame, dates: int) -> pl.DataFrame:
    """What was decided on every so many-th date, repeated on the dates until the next."""
    days = positions.select("date").unique().sort("date")
    decided = days.select("date", decided=pl.col("date").gather(pl.int_range(pl.len()) // dates * dates))
    return (
        decided.join(positions.rename({"date": "decided"}), on="decided")
        .drop("decided")
        .select("ticker", "date", pl.exclude("ticker", "date"))
        .sort(KEY)
    )


def delay(positions: pl.DataFrame, sessions: int, *, of: pl.Series) -> pl.DataFrame:
    """The same positions so many of these sessions later; those that would fall after the last are not there."""
    days = pl.DataFrame({"date": of.unique().sort()})
    later = days.with_columns(later=pl.col("date").shift(-sessions)).drop_nulls()
    moved = positions.join(later, on="date", how="inner", maintain_order="left")
    return moved.with_columns(date=pl.col("later")).drop("later")


def close_outsiders(positions: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """Nothing on the dates on which a ticker is not in the universe: what was decided earlier ends with it."""
    outside = prices.filter(~pl.col("member")).select("ticker", "date", outside=pl.lit(value=True))
    weight = pl.when(pl.col("outside").is_null()).then("weight").otherwise(0.0)
    joined = positions.join(outside, on=["ticker", "date"], how="left", maintain_order="left")
    return joined.with_columns(weight=weight).drop("outside")
