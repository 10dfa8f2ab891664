"""Tells whether a mean over dates that overlap and cluster is above zero, by a one-sided p that holds its level where
few of them are independent.

The long-run variance is read off the first few cosines of the series, all weighted alike (EWC; Müller 2007; Lazarus,
Lewis, Stock and Watson 2018), so that the statistic has a t distribution with as many degrees of freedom as there are
cosines. Newey-West with a t(n - 1) takes an estimate made of few independent stretches for the truth: at 5 % it passes
5 to 8 of 100 means without skill, and up to 11 scales (docs/decisions/claims.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy  # its parts are loaded where they are first used
from numpy.typing import ArrayLike

from ml_core.errors import NotEnoughData
from ml_core.frames import Array

LEAST_COSINES = 4
LEAST_DATES = 20
OVERLAP = 1.7  # cosines are slow beside outcomes that overlap: at most one in 1.7 horizons
WHITE = 0.85  # cosines by dates^(2/3)
PERSISTENT = 6  # and no more than these where the numbers themselves persist, however many dates


@dataclass(frozen=True)
class Mean:
    """The mean of one number per date, its standard error, and the degrees of freedom of that error."""

    value: float
    error: float
    freedom: int
    dates: int

    @property
    def p(self) -> float:
        """How often a mean this far above zero comes about where the true one is zero."""
        if self.error == 0.0:  # alike on every date: nothing is known of luck, or nothing is left to it
            return (1.0 - float(np.sign(self.value))) / 2
        return float(scipy.special.stdtr(self.freedom, -self.value / self.error))

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """Where the true mean lies; at level 0.9 its lower end is above zero exactly where p is below 5 %."""
        reach = float(scipy.special.stdtrit(self.freedom, (1 + level) / 2)) * self.error
        return self.value - reach, self.value + reach


def weigh_mean(values: ArrayLike, *, horizon: int, persistent: bool = False) -> Mean:
    """The mean of a series, one number a date in the order of time, whose outcomes overlap by `horizon` sessions.
    `persistent`: the numbers stay above or below their mean for long even where outcomes do not overlap, as the
    difference of two scales does. Dates without a number are left out."""
    values_T = np.asarray(values, dtype=float)
    values_T = values_T[~np.isnan(values_T)]
    mean_R, error_R, freedom = weigh_means(values_T[None, :], horizon=horizon, persistent=persistent)
    return Mean(float(mean_R[0]), float(error_R[0]), freedom, len(values_T))


def weigh_means(values_RT: Array, *, horizon: int, persistent: bool = False) -> tuple[Array, Array, int]:
    """mean_R, their standard errors and the degrees of freedom, of many series at once."""
    count = values_RT.shape[1]
    needed = dates_needed(horizon)
    if count < needed:
        raise NotEnoughData(f"{count} dates at horizon {horizon}; expected at least {needed}")
    freedom = count_cosines(count, horizon, persistent=persistent)
    mean_R = values_RT.mean(axis=1)
    centred_RT = values_RT - mean_R[:, None]
    variance_R = np.mean((centred_RT @ cosines(count, freedom)) ** 2, axis=1)
    size_R = np.abs(values_RT).max(axis=1)
    error_R = np.where(np.abs(centred_RT).max(axis=1) > 1e-14 * size_R, np.sqrt(variance_R / count), 0.0)
    return mean_R, error_R, freedom


def dates_needed(horizon: int) -> int:
    """With fewer dates too few stretches are independent for any p to mean something."""
    return max(LEAST_DATES, int(np.ceil(LEAST_COSINES * OVERLAP * horizon)))


def count_cosines(count: int, horizon: int, *, persistent: bool) -> int:
    """As many as are slow beside what overlaps or persists."""
    most = PERSISTENT if persistent else WHITE * count ** (2 / 3)
    return max(LEAST_COSINES, int(min(most, count / (OVERLAP * horizon))))


@lru_cache(maxsize=64)
def cosines(count: int, number: int) -> Array:
    """The first `number` cosines of `count` dates, one a column, each of length one and summing to zero."""
    date_T, wave_K = np.arange(count) + 0.5, np.arange(1, number + 1)
    basis_TK = np.sqrt(2 / count) * np.cos(np.pi * np.outer(date_T, wave_K) / count)
    basis_TK.setflags(write=False)
    return basis_TK
