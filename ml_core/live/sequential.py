"""What a row of dates proves: after each of them the mean with where it lies, the evidence that the forecast is better,
and the evidence that it is not what it promised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ml_core.frames import Array
from ml_core.live.betting import RENEWED, bet
from ml_core.live.confidence import follow_mean


@dataclass(frozen=True)
class SequentialEvidence:
    """After each date, along the last axis. `better` is against: no date's difference was expected above zero.
    `refuted` is against: every date's was expected at least what was promised."""

    counted: Array
    mean: Array
    low: Array
    high: Array
    better: Array
    refuted: Array


def follow(
    differences: Array, *, bound: float, promised: float = 0.0, horizon: int = 1
) -> SequentialEvidence:
    """Differences, one a date in the order of time (or many such rows), cut at ±bound."""
    counted = np.clip(differences, -bound, bound)
    mean, low, high = follow_mean(counted, bound=bound, horizon=horizon)
    better = bet(counted, bound=bound, horizon=horizon)
    short = promised - counted
    refuted = bet(short, bound=bound + promised, horizon=horizon, renew=RENEWED)
    return SequentialEvidence(counted, mean, low, high, better, refuted)


def tell_evidence(rows: pl.DataFrame, *, bound: float, promised: float, horizon: int) -> pl.DataFrame:
    """Rows of one place with their `difference`, in the order of time, with the columns of their evidence."""
    evidence = follow(rows["difference"].to_numpy(), bound=bound, promised=promised, horizon=horizon)
    return rows.with_columns(
        **{name: pl.Series(values, dtype=pl.Float64) for name, values in vars(evidence).items()}
    )
