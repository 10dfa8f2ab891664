"""Scales positions down while the account is below its peak, so that less is at risk while losing."""

import numpy as np
import polars as pl


def control_drawdown(positions: pl.DataFrame, account: pl.DataFrame, most: float) -> pl.DataFrame:
    """Weights times 1 - fall / most, never below 0. The fall is that of the uncontrolled account (BACKTEST) below its
    peak at the date's close: it goes on without us, so there is a way back in."""
    equity = (1 + account["net"]).cum_prod()
    peak = np.maximum(np.maximum.accumulate(equity.to_numpy()), 1.0)
    kept = np.clip(1 - (1 - equity.to_numpy() / peak) / most, 0.0, 1.0)
    known = pl.DataFrame({"date": account["date"], "kept": kept})
    return (
        positions.sort("date", "ticker")
        .join_asof(known, on="date", strategy="backward")
        .with_columns(pl.col("weight") * pl.col("kept").fill_null(1.0))
        .drop("kept")
    )
