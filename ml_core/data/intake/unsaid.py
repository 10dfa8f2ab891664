"""Picks the findings on single bars that the user has not been shown yet (jumps, refusals, repairs), and the entries of
[data.quality] that do nothing."""

from collections.abc import Collection

import polars as pl

from ml_core.data.quality.judge import FOUND, CheckedBars
from ml_core.data.quality.settings import Quality, means, tell_accept
from ml_core.data.store.bars import StoredSpans
from ml_core.frames import KEYS

JUMP = "unexplained_jump"


def find_new_jumps(known: pl.DataFrame, findings: pl.DataFrame) -> dict[str, str]:
    """The reason by `TICKER DATE` of jumps that are kept and not yet among the kept findings, the newest first."""
    return _tell_new(known, findings, pl.col("check") == JUMP)


def find_new_refusals(known: pl.DataFrame, findings: pl.DataFrame) -> dict[str, str]:
    """The same of bars that were refused."""
    return _tell_new(known, findings, pl.col("verdict") == "quarantine")


def find_new_repairs(known: pl.DataFrame, findings: pl.DataFrame) -> dict[str, str]:
    """The same of bars that were changed."""
    return _tell_new(known, findings, pl.col("verdict") == "repair")


def find_held_back(findings: pl.DataFrame, tickers: tuple[str, ...], spans: StoredSpans) -> dict[str, str]:
    """Tickers that lack the newest session because their bar of it was refused, each with the reason and the way to
    keep it."""
    refused = findings.filter(pl.col("verdict") == "quarantine", pl.col("date").is_not_null())
    days = [*(spans[ticker][1] for ticker in tickers if ticker in spans), *refused["date"]]
    last = refused.filter(pl.col("date") == max(days)) if days else refused
    return {
        row["ticker"]: f"the bar of {row['date']} was refused: {row['reason']}; "
        + tell_accept(row["ticker"], row["date"], check=row["check"])
        for row in last.unique("ticker", keep="first", maintain_order=True).iter_rows(named=True)
        if row["ticker"] in spans and spans[row["ticker"]][1] < row["date"]
    }


def find_idle_entries(quality: Quality, checked: CheckedBars, tickers: Collection[str]) -> list[str]:
    """A sentence for every entry that does nothing: of `accept` one that names what no check has found, of `refuse`
    and `split` one that names days without a bar. `tickers`: those of which all bars came; of the others not all was
    looked at."""
    noticed = pl.concat([checked.accepted, checked.findings.select(list(FOUND))])
    idle = _tell_idle(
        "accept", quality.accept, noticed, tickers, "nothing was found there, so it keeps nothing"
    )
    if "refused_by_you" not in quality.skip:
        refused = noticed.filter(check="refused_by_you")
        idle += _tell_idle(
            "refuse", quality.refuse, refused, tickers, "no bar is there, so it refuses nothing"
        )
    if "split_by_you" not in quality.skip:
        split = noticed.filter(check="split_by_you")
        idle += _tell_idle("split", quality.split, split, tickers, "no bar is there, so it splits nothing")
    return idle


def _tell_idle(
    kind: str, entries: tuple[str, ...], noticed: pl.DataFrame, tickers: Collection[str], why: str
) -> list[str]:
    places = {entry: entry.rpartition(" ")[0] if kind == "split" else entry for entry in entries}
    return [
        f"data.quality.{kind} '{entry}': {why}"
        for entry, place in places.items()
        if place.rpartition(" ")[0] in tickers and noticed.filter(means(place)).is_empty()
    ]


def _tell_new(known: pl.DataFrame, findings: pl.DataFrame, which: pl.Expr) -> dict[str, str]:
    key = KEYS["bars"]
    bars = findings.filter(which, pl.col("date").is_not_null(), pl.col("ticker").is_not_null())
    if bars.is_empty():
        return {}
    said = known.filter(which)
    fresh = bars.unique(key, keep="first", maintain_order=True).join(said, on=key, how="anti")
    return {
        f"{row['ticker']} {row['date']}": row["reason"]
        for row in fresh.sort("date", "ticker", descending=[True, False]).iter_rows(named=True)
    }
