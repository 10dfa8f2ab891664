"""Runs the checks on bars that have just come, together with the stored bars before them: what is sound, what was
found, and which tickers have another past than the stored one."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from ml_core.data.intake.history import find_rewritten
from ml_core.data.intake.plan import IntakePlan
from ml_core.data.intake.stored import TAIL, Stored
from ml_core.data.quality.judge import CheckedBars, check_bars
from ml_core.frames import BARS


def check_incoming(bars: pl.DataFrame, plan: IntakePlan, known: Stored) -> tuple[CheckedBars, dict[str, str]]:
    """Checked bars of closed sessions, judged together with the stored ones before them."""
    inquiry = plan.inquiry
    bars = bars.filter((pl.col("date") <= inquiry.closed) | pl.col("date").is_null())
    stored = known.bars(tuple(bars["ticker"].drop_nulls().unique()))
    since = pl.col("ticker").replace_strict(plan.since, default=dt.date.min, return_dtype=pl.Date)
    tail = stored.filter(pl.col("date") < since).group_by("ticker").tail(TAIL).select(list(BARS))
    refused = known.refused if tail.height else tail
    before = pl.concat([tail, _at_the_seam(refused, tail).filter(pl.col("date") < since)])
    before = before.with_columns(adj_close=pl.lit(None, pl.Float64))  # of another day: not to be compared
    checked = check_bars(
        pl.concat([before, bars.select(list(BARS))]),
        calendar=inquiry.request.calendar,
        quality=inquiry.source.quality,
        almanac=inquiry.request.almanac,
    )
    new = (pl.col("date") >= since) | pl.col("date").is_null()
    explained = find_explained(checked.findings.filter(~new), plan.since)
    checked = replace(checked, sound=checked.sound.filter(new), findings=checked.findings.filter(new))
    return checked, find_rewritten(stored, checked.sound) | explained


def find_explained(before: pl.DataFrame, since: Mapping[str, dt.date]) -> dict[str, str]:
    """Tickers of which the new bars tell that older ones, stored as they came, were on another scale."""
    told = before.filter(pl.col("verdict") == "repair", pl.col("known").is_not_null())
    rows = told.group_by("ticker").agg(pl.col("known").max(), pl.col("date").min(), pl.col("reason").first())
    return {
        row["ticker"]: f"the bar of {row['known']} explains those from {row['date']} on: {row['reason']}"
        for row in rows.sort("ticker").iter_rows(named=True)
        if row["known"] >= since.get(row["ticker"], dt.date.max)
    }


def _at_the_seam(refused: pl.DataFrame, tail: pl.DataFrame) -> pl.DataFrame:
    """Refused bars that came after the stored ones: what their dividends and splits were put on is asked again."""
    if refused.is_empty() or tail.is_empty():
        return tail.clear()
    last = tail.group_by("ticker").agg(last=pl.col("date").max())
    near = refused.filter(pl.col("verdict") == "quarantine").join(last, on="ticker")
    return near.filter(pl.col("date") > pl.col("last")).select(list(BARS)).unique(["ticker", "date"])
