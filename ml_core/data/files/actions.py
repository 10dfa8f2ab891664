"""Completes dividends and splits where the source recorded none, from the adjusted close where there is one. Without
them, returns would be wrong."""

from typing import NamedTuple

import polars as pl

from ml_core.data.files.implied import imply_actions
from ml_core.frames import KEYS

NONE = {"dividend": 0.0, "split": 1.0}


class Completed(NamedTuple):
    """`implied` are the actions that were read off the adjusted close, `tickers` those that it was looked at for."""

    bars: pl.DataFrame
    implied: pl.DataFrame
    tickers: list[str]


def complete_actions(bars: pl.DataFrame, basis: str) -> Completed:
    """A ticker's actions are as recorded from its first record on: there, none is none. Before it, and where there is
    no record at all, they are read off its adjusted close. What is said of a row depends on it and on earlier rows of
    its ticker.

    `basis` is that of the prices; on the day of a split that was read off them they are `traded`: it is not in them.
    """
    recorded = {name: _since_first(bars, name) for name in NONE}
    adjusted = _since_first(bars, "adj_close")
    bars = bars.with_columns(unknown=adjusted & ~recorded["dividend"] & ~recorded["split"])
    looked_at = bars.filter("unknown")
    implied = imply_actions(looked_at)
    said = bars.select(KEYS["bars"]).join(implied, on=KEYS["bars"], how="left", maintain_order="left")
    seen = {name: said[name].alias(f"{name}_implied").fill_null(none) for name, none in NONE.items()}
    completed = bars.with_columns(seen.values()).with_columns(
        *(
            pl.when("unknown").then(f"{name}_implied")
            .when(recorded[name]).then(pl.col(name).fill_null(none))
            .alias(name)
            for name, none in NONE.items()
        ),
        basis=pl.when(pl.col("split_implied") != 1).then(pl.lit("traded")).otherwise(pl.lit(basis)),
    )  # fmt: skip
    tickers = looked_at["ticker"].unique().sort().to_list()
    return Completed(completed.drop("unknown", "dividend_implied", "split_implied"), implied, tickers)


def _since_first(bars: pl.DataFrame, name: str) -> pl.Series:
    """Of rows in order: whether this or an earlier one of its ticker holds something in that column."""
    missing = bars[name].null_count()
    if missing in (0, bars.height):
        return pl.repeat(missing == 0, bars.height, dtype=pl.Boolean, eager=True)
    return bars.select(pl.col(name).is_not_null().cum_max().over("ticker")).to_series()
