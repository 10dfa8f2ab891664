"""Keeps what the checks found of each bar, with the reason and the bar as it was given."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from ml_core.data.quality.judge import FINDINGS, CheckedBars
from ml_core.data.store import tables
from ml_core.frames import KEYS
from ml_core.home.bucket import Place

DAY = KEYS["bars"]
KEY = [*DAY, "check"]


@dataclass(frozen=True)
class FindingTable:
    """The findings of one source, in one folder."""

    folder: Place

    def read(self, tickers: tuple[str, ...] = ()) -> pl.DataFrame:
        """Quarantined bars, repairs (with the bar before them) and notes, as kept."""
        rows = tables.read(self.folder, among={"ticker": list(tickers)} if tickers else None)
        schema = {**FINDINGS, "observed_at": pl.Datetime("us", "UTC")}
        if rows is None:
            return pl.DataFrame(schema=schema)
        kept = tables.gather(rows, self.folder).sort(KEY)
        blank = pl.DataFrame(schema=schema)  # a table that was written before a column came
        return pl.concat([blank, kept], how="diagonal").select(list(schema))

    def keep(self, findings: pl.DataFrame, *, now: dt.datetime, drop: pl.DataFrame | None = None) -> None:
        """Every finding once, with the bar as given and when it was first seen so; those in `drop` go."""
        if findings.is_empty() and (drop is None or drop.is_empty()):
            return
        stamped = findings.filter(pl.col("date").is_not_null()).with_columns(
            observed_at=pl.lit(now, dtype=pl.Datetime("us", "UTC"))
        )
        rows = stamped.unique(KEY, keep="first", maintain_order=True)
        tables.merge(self.folder, rows, KEY, ignore=("observed_at", "adj_close"), drop=drop)


def find_stale(
    earlier: pl.DataFrame, checked: CheckedBars, *, whole: Collection[str], rejudged: Collection[str]
) -> pl.DataFrame:
    """The keys of earlier findings that are of a bar no more: a sound one came in its place, or another that is refused
    in the place of one that was. What was found of a stored bar stays where a bad answer takes nothing away.

    `whole`: tickers of which all bars came; `rejudged`: those of them that were last checked by other settings. Of
    tickers that did not come whole the first day tells nothing: the adjusted close of the day before is not known, and
    less can be found."""
    gone = earlier.join(checked.findings, on=KEY, how="anti")
    if gone.is_empty():
        return gone.select(KEY)
    named = pl.col("ticker").is_in(gone["ticker"].unique().implode())
    sound, refused = (rows.filter(named).select(DAY) for rows in (checked.sound, checked.refused))
    first = pl.concat([sound, refused]).group_by("ticker").agg(first=pl.col("date").min())
    later = (pl.col("date") > pl.col("first")) | pl.col("ticker").is_in(list(whole))
    sure = gone.join(first, on="ticker").filter(later)
    unkept = sure.filter((pl.col("verdict") == "quarantine") | pl.col("ticker").is_in(list(rejudged)))
    stale = [sure.join(sound, on=DAY, how="semi"), unkept.join(refused, on=DAY, how="semi")]
    return pl.concat(rows.select(KEY) for rows in stale).unique()


def count_bars(findings: pl.DataFrame) -> int:
    """Two checks may find the same bar."""
    return findings.select("ticker", "date").n_unique()
