"""Tells how far luck alone carries an account: what its own sessions would have come to without an edge, drawn again
many times."""

from __future__ import annotations

import numpy as np
import polars as pl

from ml_core.evaluation.bootstrap import block_length, draw_blocks

DRAWS = 500
BAND = 0.9
LUCK_BAND = {"date": pl.Date, "low": pl.Float64, "high": pl.Float64}


def draw_luck(account: pl.DataFrame, *, hold: int, seed: int = 0) -> pl.DataFrame:
    """LUCK_BAND: between `low` and `high` lie 90 % of accounts, of one unit at the start, that are as wild as this one
    (BACKTEST) and pay as much, but gain nothing before costs on average. Sessions are drawn in blocks."""
    net, gross = account["net"].to_numpy(), account["gross"].to_numpy()
    lucky = net - gross.mean()
    drawn = draw_blocks(len(net), block=block_length(len(net), hold), resamples=DRAWS, seed=seed)
    equity = np.cumprod(1 + np.maximum(lucky[drawn], -1.0), axis=1)
    low, high = np.quantile(equity, [(1 - BAND) / 2, (1 + BAND) / 2], axis=0)
    return pl.DataFrame({"date": account["date"], "low": low, "high": high}, schema=LUCK_BAND)
