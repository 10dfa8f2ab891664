"""Intervals: whether they hold as many outcomes as they promise, by a test that may be looked at every day.

A bet is made on each date that fewer than 85 % of its outcomes lie inside: five points of the 90 % are left to days on
which everything moves at once. As long as no date's share is expected below that, the chance that the e-value ever
passes 100 times the number of horizons is at most 1 %.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from ml_core.evaluation.metrics import LEVEL
from ml_core.live.betting import RENEWED, bet
from ml_core.monitoring.finding import Finding
from ml_core.monitoring.inside import read_inside
from ml_core.monitoring.scene import WatchScene

LEFT = 0.05
CHANCE = 0.01


def look(scene: WatchScene) -> list[Finding]:
    """One finding for each horizon."""
    dates = ["horizon", "as_of"]
    shares = read_inside(scene).group_by(dates).agg(share=pl.col("inside").mean()).sort(dates)
    horizons = shares["horizon"].unique().sort().to_list()
    return [judge(shares.filter(horizon=pl.lit(one)), one, questions=len(horizons)) for one in horizons]


def judge(shares: pl.DataFrame, horizon: int, *, questions: int) -> Finding:
    """Of one horizon, its dates in the order of time."""
    return weigh(f"{horizon} ahead", shares["share"].to_numpy(), horizon, needed=questions / CHANCE)


def weigh(subject: str, share_T: np.ndarray, horizon: int, *, needed: float) -> Finding:
    """What a bet against these shares of each date has come to, beside what it takes to be sure."""
    floor = LEVEL - LEFT
    worth_T = bet(floor - share_T, bound=max(floor, 1 - floor), horizon=horizon, renew=RENEWED)
    worth = float(np.max(worth_T[-RENEWED:], initial=1.0))
    told = (
        f"{share_T[-RENEWED:].mean():.0%} of the outcomes of the last {len(share_T[-RENEWED:])} dates lay inside, "
        f"{share_T.mean():.0%} of all {len(share_T)}; {LEVEL:.0%} are promised, e-value {worth:.3g}"
    )
    return Finding(subject, worth, needed, told, "refit")
