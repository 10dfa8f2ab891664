"""Closes and adjusted closes in, the dividends and splits that lie between them out."""

import polars as pl

LEAST = 1e-4
NOISE = 8.0
SPLIT = 0.16
BACK_WITHIN = 60  # sessions: a step that is undone so soon was a wrong close, not an action
ALIKE = 0.1


def imply_actions(table: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """The table with `dividend` and `split`, and the basis of its prices.

    adjusted / given changes on the day of an action only; what a rounded adjusted close makes it tremble is
    no action. By the usual rule an amount d before a close p has changed it by p / (p - d).
    """
    step, before = _step(), pl.col("close").shift().over("ticker")
    tremble = (step - 1).abs().median().over("ticker")
    least = pl.max_horizontal(pl.lit(LEAST), NOISE * tremble)
    judged = (
        table.sort("ticker", "date")
        .with_row_index("place")
        .with_columns(step=pl.when((step - 1).abs() > least).then(step).otherwise(1.0), before=before)
    )
    judged = judged.with_columns(
        step=pl.when(pl.col("place").is_in(_undone(judged).implode())).then(1.0).otherwise(pl.col("step"))
    )
    split = (pl.col("step") - 1).abs() > SPLIT
    paid = (pl.col("step") > 1) & ~split
    found = judged.with_columns(
        split=pl.when(split).then(pl.col("step").round(3)),
        dividend=pl.when(paid).then((pl.col("before") * (1 - 1 / pl.col("step"))).round(6)).otherwise(0.0),
    ).drop("step", "before", "place")
    return found, "traded" if found["split"].null_count() < found.height else "split_adjusted"


def _step() -> pl.Expr:
    ratio = pl.col("adj_close") / pl.col("close")
    return (ratio / ratio.shift()).over("ticker").fill_null(1.0)


def _undone(judged: pl.DataFrame) -> pl.Series:
    """The places of steps that the next step takes back, and of those next ones."""
    size, place = pl.col("step").log(), pl.col("place").cast(pl.Int64)
    steps = judged.filter(pl.col("step") != 1).with_columns(
        sum=size + size.shift(-1).over("ticker"), gap=place.shift(-1).over("ticker") - place
    )
    first = (pl.col("sum").abs() < ALIKE * size.abs()) & (pl.col("gap") <= BACK_WITHIN)
    first = first.fill_null(False)
    second = first.shift(1).over("ticker").fill_null(False)
    return steps.filter(first | second)["place"]
