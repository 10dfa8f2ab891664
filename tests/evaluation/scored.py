"""Small SCORED tables for tests."""

import numpy as np
import polars as pl

from ml_core.frames import SCORED, conform


def make_scored(
    *,
    sessions: int = 40,
    tickers: int = 8,
    horizon: int = 1,
    signal: float = 0.3,
    seed: int = 0,
    split: str = "test",
) -> pl.DataFrame:
    """A forecast of stated strength for every ticker and session, with an honest scale and interval."""
    rng = np.random.default_rng(seed)
    rows = sessions * tickers
    mean = rng.normal(0, 0.01 * signal, rows)
    realized = mean + rng.normal(0, 0.01, rows)
    days = np.datetime64("2020-01-01") + np.arange(sessions)
    table = pl.DataFrame(
        {
            "ticker": np.tile([f"T{number:02d}" for number in range(tickers)], sessions),
            "as_of": np.repeat(days, tickers),
            "mean": mean, "lower": mean - 0.01645, "upper": mean + 0.01645, "realized": realized,
        }
    )  # fmt: skip
    table = table.with_columns(
        horizon=pl.lit(horizon), scale=pl.lit(0.01), fold=pl.lit(0), split=pl.lit(split)
    )
    return conform(table, SCORED, "scored")


def baseline(scored: pl.DataFrame, mean: float | pl.Expr) -> pl.DataFrame:
    """A baseline's forecast of the same rows."""
    value = mean if isinstance(mean, pl.Expr) else pl.lit(float(mean))
    return scored.select("ticker", "as_of", "horizon", mean=value)
