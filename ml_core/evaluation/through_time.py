"""Follows the information coefficient date by date, to see when a forecast knew something and when it did not."""

from __future__ import annotations

import numpy as np
import polars as pl

from ml_core.evaluation.declaration import correlate
from ml_core.evaluation.rows import ScoredRows, rows_of
from ml_core.frames import Array

WINDOW = 63  # sessions that a rolling value looks back on
LEAST = 21
IC_THROUGH_TIME = {
    "split": pl.String, "horizon": pl.Int32, "as_of": pl.Date, "over": pl.String,
    "tickers": pl.Int64, "ic": pl.Float64, "rolling": pl.Float64, "window": pl.Int64,
}  # fmt: skip


def measure_ic(scored: pl.DataFrame, *, window: int = WINDOW) -> pl.DataFrame:
    """One row per split, horizon and scored session. `ic`: the correlation over that date's tickers, and `rolling`
    its mean over the last `window` sessions; with fewer than five tickers a date has none, and `rolling` is the
    correlation over the last `window` sessions, mean over the tickers."""
    tables = [pl.DataFrame(schema=IC_THROUGH_TIME)]
    for (split, horizon), part in sorted(scored.partition_by("split", "horizon", as_dict=True).items()):
        rows = rows_of(part)
        if rows.sessions:
            tables.append(_measure(part, rows, min(window, max(rows.sessions // 2, 2))).select(
                split=pl.lit(split), horizon=pl.lit(horizon, pl.Int32), as_of="as_of", over="over",
                tickers="tickers", ic="ic", rolling="rolling", window="window",
            ))  # fmt: skip
    return pl.concat(tables)


def _measure(part: pl.DataFrame, rows: ScoredRows, window: int) -> pl.DataFrame:
    across = rows.cross_section
    ic_T = (
        correlate(rows["mean"], rows["realized"], rows.session) if across else np.full(rows.sessions, np.nan)
    )
    least = min(LEAST, window)
    if across:
        rolling_T = pl.Series(ic_T).fill_nan(None).rolling_mean(window, min_samples=least)
    else:
        rolling_T = pl.Series(_over_time(rows, window, least)).fill_nan(None)
    return pl.DataFrame(
        {
            "as_of": part["as_of"].gather(rows.order[rows.starts].tolist()),
            "tickers": rows.counts.astype(np.int64),
            "ic": pl.Series(ic_T).fill_nan(None),
            "rolling": rolling_T,
        }
    ).with_columns(over=pl.lit("tickers" if across else "sessions"), window=pl.lit(window, pl.Int64))


def _over_time(rows: ScoredRows, window: int, least: int) -> Array:
    """The correlation of the last `window` sessions of each ticker, mean over the tickers."""
    totals, counts = np.zeros(rows.sessions), np.zeros(rows.sessions)
    for series in np.unique(rows.series):
        own = rows.series == series
        x, y = rows["mean"][own], rows["realized"][own]
        table = pl.DataFrame({"x": x, "y": y}).select(
            correlation=pl.rolling_corr("x", "y", window_size=window, min_samples=least)
        )
        correlation = table["correlation"].fill_nan(None).to_numpy().astype(float)
        known = np.isfinite(correlation)
        np.add.at(totals, rows.session[own][known], correlation[known])
        np.add.at(counts, rows.session[own][known], 1.0)
    return np.divide(totals, counts, out=np.full(rows.sessions, np.nan), where=counts > 0)
