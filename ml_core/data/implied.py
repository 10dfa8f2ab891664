"""Closes and adjusted closes in, the dividends and splits that lie between them out."""

import polars as pl

LEAST = 1e-4
NOISE = 8.0
SPLIT = 0.16


def imply_actions(table: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """The table with `dividend` and `split`, and the basis of its prices.

    adjusted / given changes on the day of an action only; what a rounded adjusted close makes it tremble is
    no action. By the usual rule an amount d before a close p has changed it by p / (p - d).
    """
    before = pl.col("close").shift()
    ratio = pl.col("adj_close") / pl.col("close")
    step = ratio / ratio.shift()
    tremble = (step - 1).abs().median()
    judged = table.sort("ticker", "date").with_columns(
        step=step.over("ticker"),
        before=before.over("ticker"),
        least=pl.max_horizontal(pl.lit(LEAST), NOISE * tremble.over("ticker")),
    )
    split = (pl.col("step") - 1).abs() > SPLIT
    paid = (pl.col("step") - 1 > pl.col("least")) & ~split
    found = judged.with_columns(
        split=pl.when(split).then(pl.col("step").round(3)),
        dividend=pl.when(paid).then((pl.col("before") * (1 - 1 / pl.col("step"))).round(6)).otherwise(0.0),
    ).drop("step", "before", "least")
    return found, "traded" if found["split"].null_count() < found.height else "split_adjusted"
