"""Where a mean lies, told after every date so that all of what is ever told holds together with the chance promised: a
confidence sequence. It is of the mean up to then of what could be expected on each date, however that drifts.

The boundary is the empirical Bernstein one (Howard, Ramdas, McAuliffe and Sekhon 2021; Choe and Ramdas 2024): for a
number ξ ≥ -1 and a bet λ in (0, 1), exp(λξ - ψ(λ)ξ²) ≤ 1 + λξ with ψ(λ) = -log(1 - λ) - λ.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from ml_core.frames import Array
from ml_core.live.betting import BETS

CONFIDENCE = 0.95
NEAR = 0.25  # of the bound: a guess is no further from zero, so that no value is further from it than 1.25 bounds


def follow_mean(
    values: ArrayLike, *, bound: float, horizon: int = 1, level: float = CONFIDENCE
) -> tuple[Array, Array, Array]:
    """The mean after each date, along the last axis, and the ends of where the true one lies. `values` lie within
    ±`bound`; each is known `horizon` sessions after its date, and what is guessed of it is the mean of those that were
    known by then, or as near to that as a guess may be."""
    value_RT = np.atleast_2d(np.asarray(values, dtype=float))
    dates_T = np.arange(1, value_RT.shape[1] + 1)
    sum_RT = np.cumsum(value_RT, axis=1)
    mean_RT = sum_RT / dates_T
    guess_RT = np.zeros_like(value_RT)
    guess_RT[:, horizon:] = np.clip(mean_RT[:, :-horizon], -NEAR * bound, NEAR * bound)
    unit = (1 + NEAR) * bound
    spread_RT = np.cumsum(((value_RT - guess_RT) / unit) ** 2, axis=1)
    reach_RT = unit * _reach(spread_RT, horizon, level) / dates_T
    ends = np.clip(mean_RT - reach_RT, -bound, bound), np.clip(mean_RT + reach_RT, -bound, bound)
    followed = mean_RT, *ends
    return followed if np.ndim(values) > 1 else (followed[0][0], followed[1][0], followed[2][0])


def _reach(spread_RT: Array, horizon: int, level: float) -> Array:
    """How far the sum may be from what was expected of it, in those units: the smallest of what each bet
    allows, all of them paid for. Of overlapping outcomes each h-th date is a process of its own, and their mean is at
    least what their exponents' mean gives; what is open counts as lost."""
    least_RT = np.full(spread_RT.shape, np.inf)
    for share in BETS:
        slack = -math.log1p(-share) - share
        still_open = (horizon - 1) * (2 * share + slack)
        price = horizon * math.log(2 * len(BETS) / (1 - level)) + still_open
        least_RT = np.minimum(least_RT, (price + slack * spread_RT) / share)
    return least_RT
