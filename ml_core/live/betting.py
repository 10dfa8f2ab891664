"""A test by betting. Whoever thinks that a forecast has no advantage sells bets on it at a fair price; the e-value is
what one unit of money staked on the advantage has become. Without an advantage nobody gets rich: the chance that it
ever passes 20 is at most 5 %, at any time and for any number of looks (Ville 1939; Waudby-Smith and Ramdas 2024).

A bet is a fixed share of the money, and the money is divided among a few shares once for ever: so it may be said of
the mean up to now, however it drifts, and the value of yesterday never changes when today is added. Where outcomes
overlap, each h-th date is played for by itself, and what is still open counts as lost (docs/decisions/live.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ml_core.errors import InvalidData
from ml_core.frames import Array

BETS = (0.0625, 0.125, 0.25, 0.5, 0.75)  # of the money, on a gain as large as the bound; exact in binary
RENEWED = 21  # dates from one beginning to the next, of evidence that must not drown in a good past
MOST = 1e300  # an e-value is written as a finite number


def bet(gains: ArrayLike, *, bound: float, horizon: int = 1, renew: int = 0) -> Array:
    """The e-value after each date, along the last axis, against: none of these gains was expected to be above zero.

    `gains` lie within ±`bound`, which was known before the first of them; each is known `horizon` sessions after its
    date. `renew`: after so many dates some of the money is staked anew, as if nothing had been before: the k-th time
    1/(k(k+1)) of it, which is one in all.
    """
    gains_RT = np.atleast_2d(np.asarray(gains, dtype=float))
    if not (np.abs(gains_RT) <= bound).all():
        raise InvalidData(
            f"live evidence: a gain lies outside ±{bound:g}, the bound that was fixed beforehand"
        )
    share_K = np.array(BETS)
    every = max(1, round(renew / horizon)) if renew else 0
    games = [_Game(len(gains_RT), every) for _ in range(horizon)]
    worth_RT = np.empty_like(gains_RT)
    for date in range(gains_RT.shape[1]):
        games[date % horizon].play(gains_RT[:, date] / bound, share_K)
        worth_R = np.zeros(len(gains_RT))
        for number, game in enumerate(games):
            worth_R += game.settled() if number == date % horizon else game.if_lost(share_K)
        worth_RT[:, date] = np.minimum(worth_R / horizon, MOST)
    return worth_RT if np.ndim(gains) > 1 else worth_RT[0]


class _Game:
    """One unit of money played with on every h-th date: what stands on each share, and what waits for a renewal."""

    def __init__(self, paths: int, every: int) -> None:
        self.every, self.played = every, 0
        self.waiting = 1.0 if every else 0.0
        self.money_RK = np.full((paths, len(BETS)), 0.0 if every else 1.0 / len(BETS))

    def play(self, gain_R: Array, share_K: Array) -> None:
        money_RK, self.waiting = self._staked()
        self.money_RK = np.minimum(money_RK * (1.0 + share_K * gain_R[:, None]), MOST)
        self.played += 1

    def settled(self) -> Array:
        return _sum(self.money_RK) + self.waiting

    def if_lost(self, share_K: Array) -> Array:
        """The bet of the date after the last one is open: at worst it loses all that is staked."""
        money_RK, waiting = self._staked()
        return _sum(money_RK * (1.0 - share_K)) + waiting

    def _staked(self) -> tuple[Array, float]:
        """What stands on each share when the next bet is made, and what waits on: a renewal that is due is made."""
        if not self.every or self.played % self.every:
            return self.money_RK, self.waiting
        begun = self.played // self.every + 1
        return self.money_RK + 1.0 / (begun * (begun + 1)) / len(BETS), 1.0 / (begun + 1)


def _sum(money_RK: Array) -> Array:
    """In one order, so that as many paths as one likes give the same bits."""
    total_R = money_RK[:, 0].copy()
    for place in range(1, money_RK.shape[1]):
        total_R += money_RK[:, place]
    return total_R
