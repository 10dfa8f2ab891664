"""Turns a forecast into how much of a ticker to hold: `unit`, from -1 to 1, and `parts`, by which it is divided to
be a share of the equity."""

import polars as pl


def size_alone(views: pl.DataFrame, *, target: float | None = None) -> pl.DataFrame:
    """Each ticker by its own forecast, tanh(mean / scale) or tanh(mean / target), in an equal share of the equity."""
    by = pl.col("scale") if target is None else pl.lit(target)
    conviction = (pl.col("mean") / by).tanh()
    return views.with_columns(
        unit=pl.when(by > 0).then(conviction).otherwise(0.0), parts=pl.len().over("date").cast(pl.Float64)
    )


def rank_sides(views: pl.DataFrame, *, quantile: float, by: tuple[str, ...] = ()) -> pl.DataFrame:
    """Half the equity long in equal parts of the best `quantile`, half short in the worst; with `by`, the best and the
    worst of each group, so that every group is as long as short. Forecasts that are all alike rank nothing: no
    position. Equal ones are taken in the order of tickers."""
    group = ["date", *by]
    count = pl.len().over(group)
    names = (count * quantile + 1e-9).floor().clip(lower_bound=1)
    rank = pl.col("mean").rank("ordinal").over(group)
    side = (rank > count - names).cast(pl.Float64) - (rank <= names).cast(pl.Float64)
    flat = pl.col("mean").max().over(group) == pl.col("mean").min().over(group)
    ranked = views.sort("date", "ticker").with_columns(
        unit=pl.when(flat | (count < 2)).then(0.0).otherwise(side)
    )
    longs = (pl.col("unit") > 0).sum().over("date").clip(lower_bound=1)
    return ranked.with_columns(parts=2.0 * longs)
