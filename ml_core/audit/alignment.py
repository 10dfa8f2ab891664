"""Checks that every target is the log return over its own horizon, by comparing the panel with the plain formula
on closing prices."""

from __future__ import annotations

import polars as pl

from ml_core.evaluation.leakage import Audit, ColumnLeak, StageComparison
from ml_core.panel.outcomes import LEAST_LEFT

NEAR = 1e-5  # targets are kept in single precision, in units of volatility


def audit_alignment(targets: pl.DataFrame, prices: pl.DataFrame, *, kind: str) -> Audit:
    """Compare with the obvious: the close h sessions later over the close, per ticker, on the common calendar. The
    first bar of a ticker has no volatility yet to measure a target in, and is left out."""
    wanted = pl.concat(
        [_obvious(prices, horizon, kind) for horizon in targets["horizon"].unique().sort()]
    ).filter(pl.col("wanted").is_not_null())
    key = ["ticker", "as_of", "horizon"]
    first_bars = prices.group_by("ticker").agg(pl.col("date").min().alias("as_of"))
    beside = wanted.join(targets, on=key, how="full", coalesce=True).join(
        first_bars, on=["ticker", "as_of"], how="anti"
    )
    beside = beside.sort("horizon", "as_of", "ticker")
    gap = (pl.col("target") - pl.col("wanted")).abs()
    wrong = beside.with_columns(gap=gap).filter(
        ~(pl.col("gap") <= NEAR + 1e-4 * pl.col("wanted").abs()).fill_null(False)
    )
    last = prices.select(pl.col("date").max()).item()
    looked = StageComparison("targets", "misaligned", last, beside.height, 1)
    if wrong.is_empty():
        return Audit((looked,), ())
    largest = wrong.select(pl.col("gap").max().fill_null(float("nan"))).item()
    first = wrong.select(key).row(0, named=True)
    leak = ColumnLeak("misaligned", last, "target", wrong.height, first, largest, "targets")
    return Audit((looked,), (leak,))


def _obvious(prices: pl.DataFrame, horizon: int, kind: str) -> pl.DataFrame:
    session = pl.DataFrame({"date": prices["date"].unique().sort()}).with_row_index("session")
    beside = [name for name in ("member", "delisting") if name in prices.columns]
    closes = prices.select("ticker", "date", "close", *beside).join(session, on="date")
    later = closes.select("ticker", pl.col("session").cast(pl.Int64) - horizon, later="close")
    both = closes.with_columns(pl.col("session").cast(pl.Int64)).join(
        later, on=["ticker", "session"], how="left"
    )
    if "delisting" in beside:
        both = both.with_columns(later=pl.coalesce("later", _left(len(session), horizon)))
    if "member" in beside:
        both = both.filter("member")
    moved = (pl.col("later") / pl.col("close")).log()
    both = both.with_columns(wanted=pl.when(moved.is_finite()).then(moved))
    wanted = pl.col("wanted")
    if kind == "excess":
        both = both.with_columns(wanted - wanted.mean().over("date"))
    if kind == "rank":
        both = both.with_columns((wanted.rank().over("date") - 0.5) / wanted.count().over("date") - 0.5)
    return both.select(
        "ticker", pl.col("date").alias("as_of"), pl.lit(horizon, pl.Int32).alias("horizon"), "wanted"
    )


def _left(sessions: int, horizon: int) -> pl.Expr:
    """What is left after a ticker's last bar, of those whose delisting return is stated."""
    last, reached = pl.col("session").max().over("ticker"), pl.col("session") + horizon
    price = pl.col("close").sort_by("session").last().over("ticker")
    left = price * (1 + pl.col("delisting")).clip(lower_bound=LEAST_LEFT)
    return pl.when((reached > last) & (reached < sessions)).then(left)
