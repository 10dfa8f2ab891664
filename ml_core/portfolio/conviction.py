"""Turns a forecast into how much of a ticker to hold: `unit`, from -1 to 1, and `parts`, by which it is divided to
be a share of the equity."""

import numpy as np
import polars as pl

MEASURED = 252  # dates, its own among them, whose forecasts say what a usual conviction is
FULL = 2.0  # usual convictions that make a full position


def size_alone(views: pl.DataFrame, *, target: float | None = None) -> pl.DataFrame:
    """Each ticker by its own forecast, in an equal share of the equity.

    The conviction is mean / scale. A usual one holds half the share, one twice as strong all of it: usual is the
    average strength of all tickers' convictions over the last 252 dates, this one among them. With a `target` the
    forecast is divided by that alone: tanh(mean / target).
    """
    views = views.sort("date", "ticker")
    if target is None:
        unit = _against_the_usual(views.select("date", strength=_conviction()))
    else:
        unit = (views["mean"] / target).tanh()
    return views.with_columns(unit=unit, parts=pl.len().over("date").cast(pl.Float64))


def hold_signs(views: pl.DataFrame, *, short: bool) -> pl.DataFrame:
    """An equal share of the equity in each ticker whose forecast is above zero, however far; with `short`, sold short
    in each whose forecast is below it."""
    side = pl.col("mean").sign()
    return views.sort("date", "ticker").with_columns(
        unit=side if short else side.clip(lower_bound=0.0), parts=pl.len().over("date").cast(pl.Float64)
    )


def _conviction() -> pl.Expr:
    strength = pl.col("mean") / pl.col("scale")
    return pl.when((pl.col("scale") > 0) & strength.is_finite()).then(strength)


def _against_the_usual(table: pl.DataFrame) -> pl.Series:
    """Rows stand in the order of dates. Each date's sum is made anew: no later row changes a bit of it."""
    strength = table["strength"].fill_null(0.0).to_numpy()
    first_D = np.flatnonzero(np.concatenate([[True], np.diff(table["date"].to_physical()) != 0]))
    sum_D = np.add.reduceat(np.abs(strength), first_D)
    count_D = np.add.reduceat(table["strength"].is_not_null().to_numpy().astype(float), first_D)
    usual_D = np.zeros(len(first_D))
    for place in range(len(first_D)):
        past = slice(max(0, place + 1 - MEASURED), place + 1)
        usual_D[place] = sum_D[past].sum() / max(count_D[past].sum(), 1.0)
    usual = np.repeat(usual_D, np.diff(np.append(first_D, len(strength))))
    part = np.divide(strength, FULL * usual, out=np.zeros_like(strength), where=usual > 0)
    return pl.Series(np.clip(part, -1.0, 1.0))


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
