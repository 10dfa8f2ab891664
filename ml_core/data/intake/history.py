"""Compares stored bars with what the source says now: finds tickers whose past was rewritten, and stored bars that
are no longer sound."""

from collections.abc import Collection

import polars as pl

from ml_core.data.intake.differences import find_beyond
from ml_core.frames import KEYS

SAME = 1e-3
MOST_CHANGED = 0.3
LEAST_BARS = 3


def find_withdrawn(
    stored: pl.DataFrame, refused: pl.DataFrame, *, rejudged: Collection[str] = ()
) -> pl.DataFrame:
    """Stored bars, as (ticker, date), that are refused as they are, now that more bars tell what they were.

    A bad answer for a bar that was sound before takes nothing away, but where a ticker is `rejudged` by other
    settings: what they refuse goes.
    """
    same = (pl.col("close_now") / pl.col("close") - 1).abs() < 1e-9
    common = stored.select(*KEYS["bars"], "close").join(
        refused.select(*KEYS["bars"], "close"), on=KEYS["bars"], suffix="_now"
    )
    return common.filter(same | pl.col("ticker").is_in(list(rejudged))).select(KEYS["bars"]).unique()


def find_rewritten(stored: pl.DataFrame, fetched: pl.DataFrame) -> dict[str, str]:
    """Tickers whose common bars differ in more than single corrections, each with what was seen."""
    if find_beyond(fetched, stored, ["close"]) is not None:
        return {}
    columns = [*KEYS["bars"], "close"]
    common = stored.select(columns).join(fetched.select(columns), on=KEYS["bars"], suffix="_now")
    ratio = pl.col("close_now") / pl.col("close")
    seen = common.group_by("ticker").agg(
        bars=pl.len(),
        changed=((ratio - 1).abs() > SAME).sum(),
        ratio=ratio.filter((ratio - 1).abs() > SAME).median(),
        since=pl.col("date").filter((ratio - 1).abs() > SAME).min(),
    )
    rewritten = seen.filter(
        (pl.col("changed") >= LEAST_BARS) & (pl.col("changed") > MOST_CHANGED * pl.col("bars"))
    )
    return {
        row["ticker"]: (
            f"history changed: {row['changed']} of {row['bars']} stored closes are now "
            f"{row['ratio']:.4g} times what they were (from {row['since']})"
        )
        for row in rewritten.iter_rows(named=True)
    }
