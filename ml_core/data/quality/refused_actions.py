"""Moves dividends and splits of refused bars to the next bar that stays, because a payment is real even where its
bar is not."""

import polars as pl

UNCLEAR = ("action_impossible", "dividend_impossible", "split_or_dividend", "dates_shifted", "no_session")
REASON = "A bar before it is refused, but not its dividend or split; put on this one"
VERDICT = {"check": pl.lit("action_carried"), "verdict": pl.lit("repair"), "reason": pl.lit(REASON)}


def carry_actions(rows: pl.DataFrame, refused: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with what was carried, and those rows as they were before.

    A holder got the dividend, and the shares of a split, whatever is wrong with that day's prices. `refused` has the
    name of the `check` beside each bar; where it was the action itself that was refused, nothing is carried.
    """
    doubted = refused.filter(pl.col("check").is_in(UNCLEAR)).select("row")
    lost = (
        refused.join(doubted, on="row", how="anti")
        .filter((pl.col("dividend") > 0) | ((pl.col("split") != 1) & (pl.col("basis") == "traded")))
        .group_by("ticker", "date")
        .agg(
            pl.col("dividend").max(), pl.when(pl.col("basis") == "traded").then("split").max().fill_null(1.0)
        )
        .filter(pl.col("date").is_not_null())
    )
    if lost.is_empty() or rows.is_empty():
        return rows, rows.clear()
    places = rows.select("ticker", "date", "row").filter(pl.col("date").is_not_null()).sort("date")
    carried = (
        lost.sort("date")
        .join_asof(places, on="date", by="ticker", strategy="forward", check_sortedness=False)
        .group_by("row")
        .agg(more=pl.col("dividend").sum(), times=pl.col("split").product())
        .filter(pl.col("row").is_not_null())
    )
    moved, traded = pl.col("times").fill_null(1.0) != 1, pl.col("basis") == "traded"
    changed = rows.join(carried, on="row", how="left", maintain_order="left").with_columns(
        dividend=pl.when(pl.col("more") > 0)
        .then(pl.col("dividend").fill_null(0.0) + pl.col("more"))
        .otherwise("dividend"),
        split=pl.when(moved)
        .then(pl.col("times") * pl.when(traded).then(pl.col("split").fill_null(1.0)).otherwise(1.0))
        .otherwise("split"),
        basis=pl.when(moved).then(pl.lit("traded")).otherwise("basis"),  # the split is in no price before it
    )
    return changed.drop("more", "times"), rows.join(carried, on="row", how="semi")
