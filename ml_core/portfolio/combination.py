"""Adds several strategies up to one book in one account, in shares that are given or earned by each close.

The weights of a date come from returns up to its close, and from no later one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from ml_core.frames import Array

LEAST_SESSIONS = 63  # of returns before they are asked who is better


def combine(books: Sequence[pl.DataFrame], shares: pl.DataFrame) -> pl.DataFrame:
    """The books (POSITIONS) added up, each times its share; `shares` has a date and a column for each, `0`, `1`…"""
    parts = [
        book.join(shares.select("date", share=str(place)), on="date", how="inner", maintain_order="left")
        for place, book in enumerate(books)
    ]
    scaled = pl.concat(parts).with_columns(pl.col("weight") * pl.col("share"))
    return (
        scaled.group_by("ticker", "date", maintain_order=True)
        .agg(pl.col("weight").sum())
        .sort("date", "ticker")
    )


def share_as_given(weights: Sequence[float], dates: pl.Series) -> pl.DataFrame:
    """The same shares on every date, in proportion to the weights."""
    whole = sum(weights)
    return pl.DataFrame(
        {"date": dates, **{str(place): weight / whole for place, weight in enumerate(weights)}}
    )


def share_by_sharpe(
    returns: pl.DataFrame, dates: pl.Series, *, shrinkage: float, year: float
) -> pl.DataFrame:
    """Shares by what each strategy had earned at its risk, less where others earn the same: `returns` has a date and a
    column for each strategy, its net returns where it is an account already.

    At each date, of all sessions up to it: the Sharpes below zero are cut, the correlations are drawn towards none by
    `shrinkage`; what solves them is divided by the deviations and adds up to one. It counts n / (n + year) after n
    sessions, and equal parts count for the rest: for all until a quarter has passed, or while nobody has earned.
    """
    day_T = returns["date"].to_numpy()
    return_TL = returns.drop("date").to_numpy()
    known = np.searchsorted(day_T, dates.to_numpy(), side="right")
    share_DL = np.array([weigh(return_TL[:count], shrinkage=shrinkage, year=year) for count in known])
    columns = {str(place): share_DL[:, place] for place in range(return_TL.shape[1])}
    return pl.DataFrame({"date": dates, **columns})


def weigh(return_TL: Array, *, shrinkage: float, year: float) -> Array:
    """The shares that these returns, and no others, speak for."""
    sessions, legs = return_TL.shape
    equal_L = np.full(legs, 1 / legs)
    if sessions < LEAST_SESSIONS:
        return equal_L
    spread_L = return_TL.std(axis=0, ddof=1)
    moved_L = spread_L > 1e-12
    safe_L = np.where(moved_L, spread_L, 1.0)
    sharpe_L = np.where(moved_L, np.maximum(return_TL.mean(axis=0) / safe_L, 0.0), 0.0)
    unit_TL = np.where(moved_L, (return_TL - return_TL.mean(axis=0)) / safe_L, 0.0)
    alike_LL = (1 - shrinkage) * unit_TL.T @ unit_TL / (sessions - 1)
    np.fill_diagonal(alike_LL, 1.0)
    wanted_L = np.maximum(np.linalg.lstsq(alike_LL, sharpe_L, rcond=None)[0], 0.0) / safe_L
    if wanted_L.sum() <= 0:
        return equal_L
    trust = sessions / (sessions + year)
    return trust * wanted_L / wanted_L.sum() + (1 - trust) * equal_L
