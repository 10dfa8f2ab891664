"""Sorts forecasts into tenths and sets the mean forecast of each beside the mean outcome, to see whether
forecasts mean what they say."""

from __future__ import annotations

import numpy as np
import polars as pl

from ml_core.evaluation.bootstrap import interval, resample_weights
from ml_core.evaluation.rows import rows_of

BINS = 10
DECILES = {
    "split": pl.String, "horizon": pl.Int32, "bin": pl.Int32, "rows": pl.Int64, "sessions": pl.Int64,
    "predicted": pl.Float64, "realized": pl.Float64, "low": pl.Float64, "high": pl.Float64,
}  # fmt: skip


def measure_deciles(scored: pl.DataFrame, *, bins: int = BINS, seed: int = 0) -> pl.DataFrame:
    """One row per split, horizon and bin: equally many rows in each, the lowest forecasts in bin 1. `low` and `high`
    hold 90 % of what other draws of the dates would give."""
    tables = [
        _measure(part, bins, seed)
        .with_columns(split=pl.lit(split), horizon=pl.lit(horizon, pl.Int32))
        .select(list(DECILES))
        for (split, horizon), part in sorted(scored.partition_by("split", "horizon", as_dict=True).items())
    ]
    return pl.concat([pl.DataFrame(schema=DECILES), *tables])


def _measure(part: pl.DataFrame, bins: int, seed: int) -> pl.DataFrame:
    rows = rows_of(part)
    if not rows.sessions:
        return pl.DataFrame(schema=DECILES)
    order = np.argsort(rows["mean"], kind="stable")
    bin_R = np.empty(len(order), dtype=np.int64)
    bin_R[order] = np.arange(len(order)) * bins // len(order)
    place = rows.session * bins + bin_R
    sums_TB, counts_TB, said_TB = (
        np.bincount(place, weights, minlength=rows.sessions * bins).reshape(-1, bins)
        for weights in (rows["realized"], np.ones(len(order)), rows["mean"])
    )
    weights = resample_weights(rows.sessions, seed=seed, horizon=int(part["horizon"][0]))
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = (weights @ sums_TB) / (weights @ counts_TB)
        count_B = counts_TB.sum(axis=0)
        predicted_B, realized_B = said_TB.sum(axis=0) / count_B, sums_TB.sum(axis=0) / count_B
    low, high = zip(*(interval(drawn_R, level=0.9) for drawn_R in drawn.T), strict=True)
    return pl.DataFrame(
        {
            "bin": np.arange(1, bins + 1), "rows": count_B.astype(np.int64),
            "sessions": (counts_TB > 0).sum(axis=0), "predicted": predicted_B, "realized": realized_B,
            "low": low, "high": high,
        },
        schema={name: kind for name, kind in DECILES.items() if name not in ("split", "horizon")},
    ).with_columns(pl.selectors.float().fill_nan(None)).filter(pl.col("rows") > 0)  # fmt: skip
