"""Divides the weights of tickers that move together by how many they are, because together they are one bet."""

import numpy as np
import polars as pl

from ml_core.frames import Array
from ml_core.portfolio.market import Market
from ml_core.portfolio.volatility import by_date


def share_alike(positions: pl.DataFrame, market: Market, *, most: float, sessions: int) -> pl.DataFrame:
    """Each weight divided by the number of held names, itself among them, whose positions moved with its own by a
    correlation above `most` over the last sessions: long and long of names that move together, or long and short of
    names that move against each other. A name that is younger than that counts as alone."""

    def share(weight_K: Array, return_WK: Array) -> Array:
        gain_WK = np.where(np.isfinite(return_WK).all(axis=0), return_WK, 0.0) * np.sign(weight_K)
        alike_KK = _correlation(gain_WK) > most
        np.fill_diagonal(alike_KK, val=True)
        return weight_K / alike_KK.sum(axis=1)

    return by_date(positions, market, share, sessions=sessions)


def _correlation(gain_WK: Array) -> Array:
    """Of each two columns; 0 for one that never moved."""
    centred_WK = gain_WK - gain_WK.mean(axis=0)
    length_K = np.sqrt((centred_WK**2).sum(axis=0))
    unit_WK = np.divide(centred_WK, length_K, out=np.zeros_like(centred_WK), where=length_K > 0)
    return unit_WK.T @ unit_WK
