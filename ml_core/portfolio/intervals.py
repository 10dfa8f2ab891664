"""Tells how sure a number of an account is, by drawing blocks of its returns again and again (a block bootstrap)."""

import numpy as np

from ml_core.evaluation.bootstrap import block_length, draw_blocks, interval
from ml_core.frames import Array

INSIDE = 0.9
RESAMPLES = 500
MEASURED = ("annual_return", "volatility", "sharpe", "max_drawdown")


def draw_intervals(returns: Array, *, periods_per_year: float, seed: int) -> dict[str, float]:
    """`_low` and `_high` of each measured number: 90 % of the resamples lie between."""
    count = len(returns)
    places_RT = draw_blocks(count, block=block_length(count), resamples=RESAMPLES, seed=seed)
    drawn_RT = returns[places_RT]
    equity_RT = np.cumprod(1 + drawn_RT, axis=1)
    spread_R = drawn_RT.std(axis=1, ddof=1)
    mean_R = drawn_RT.mean(axis=1)
    measures = (
        np.maximum(equity_RT[:, -1], 0.0) ** (periods_per_year / count) - 1,
        spread_R * periods_per_year**0.5,
        np.divide(mean_R, spread_R, out=np.zeros(RESAMPLES), where=spread_R > 1e-15) * periods_per_year**0.5,
        (equity_RT / np.maximum(np.maximum.accumulate(equity_RT, axis=1), 1.0)).min(axis=1) - 1,
    )
    told = {}
    for name, value_R in zip(MEASURED, measures, strict=True):
        told[f"{name}_low"], told[f"{name}_high"] = interval(value_R, level=INSIDE)
    return told
