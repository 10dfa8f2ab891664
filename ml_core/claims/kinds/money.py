"""That trading it pays: after costs, a Sharpe above what luck gives to the best of all that were tried, and more than
buy and hold and an equal weight would have earned at the strategy's own volatility.

A Sharpe is no mean, but what each session adds to it is known (its influence), so that it is weighed as the mean of
those: overlapping holdings, clustering and fat tails are in the error.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ml_core.claims.case import Case
from ml_core.claims.contest import sum_up
from ml_core.claims.kind import Claim
from ml_core.claims.verdict import Condition, Contest
from ml_core.evaluation.paired import Mean, weigh_mean
from ml_core.evaluation.sharpe import expected_maximum
from ml_core.frames import Array
from ml_core.portfolio.comparison import STRATEGY

LUCK = "luck"


def excuse(case: Case, horizon: int) -> str:
    if horizon not in case.accounts:
        return "no strategy was traded at this horizon"
    return case.unfit.get(horizon, "")


def rivals(case: Case) -> tuple[str, ...]:
    return LUCK, *case.terms.money


def contest(case: Case, horizon: int, rival: str) -> Contest:
    return _against_luck(case, horizon) if rival == LUCK else _against(case, horizon, rival)


def conditions(case: Case, horizon: int) -> tuple[Condition, ...]:
    """An experiment may ask to be surer that it was not luck than it asks of the rest."""
    asked, sure = case.terms.deflated_sharpe, 1 - _against_luck(case, horizon).p
    return (Condition("above luck", sure >= asked, sure, f"at least {asked:.0%}"),)


def influence(returns_RT: Array, at_R1: Array | float) -> Array:
    """What each session, along the last axis, adds to the Sharpe: the mean is the Sharpe, the scatter is the Sharpe's
    where the true one is `at_R1`. To scatter it as if the one that was found were true passes half as many again."""
    mean_R1 = returns_RT.mean(axis=-1, keepdims=True)
    spread_R1 = returns_RT.std(axis=-1, ddof=1, keepdims=True)
    moved_R1 = spread_R1 > 1e-15 * np.abs(returns_RT).max(axis=-1, keepdims=True)
    safe_R1 = np.where(moved_R1, spread_R1, 1.0)
    unit_RT = (returns_RT - mean_R1) / safe_R1
    square_RT = unit_RT**2 - np.mean(unit_RT**2, axis=-1, keepdims=True)
    return np.where(moved_R1, mean_R1 / safe_R1 + unit_RT - at_R1 / 2 * square_RT, 0.0)


def influence_gap(own_RT: Array, other_RT: Array) -> Array:
    """What each session adds to the difference of two Sharpes, scattered as if both were the mean of the two."""
    at_R1 = sum(influence(part, 0.0).mean(axis=-1, keepdims=True) for part in (own_RT, other_RT)) / 2
    return influence(own_RT, at_R1) - influence(other_RT, at_R1)


def _against_luck(case: Case, horizon: int) -> Contest:
    returns_T = case.account(horizon, (STRATEGY,))[STRATEGY].to_numpy()
    year = case.periods_per_year**0.5
    luck = expected_maximum(weigh_mean(influence(returns_T, 0.0), horizon=horizon).error ** 2, case.trials)
    mean = weigh_mean(influence(returns_T, luck), horizon=horizon)
    best = f"the best of {case.trials:.0f} independent trials"
    told = f"Sharpe {mean.value * year:.2f} a year, luck gives {luck * year:.2f} to {best}"
    return sum_up(LUCK, replace(mean, value=mean.value - luck), unit=1 / year, told=told)


def _against(case: Case, horizon: int, rival: str) -> Contest:
    """Sharpes compared are returns compared at the same volatility."""
    table = case.account(horizon, (STRATEGY, rival))
    own_T, other_T = table[STRATEGY].to_numpy(), table[rival].to_numpy()
    mean: Mean = weigh_mean(influence_gap(own_T, other_T), horizon=horizon)
    yearly = float(own_T.std(ddof=1)) * case.periods_per_year
    share = 100 * abs(mean.value) * yearly
    beside = f"{'more' if mean.value > 0 else 'less'} than {rival.replace('_', ' ')}"
    told = f"{share:.1f} % a year {beside} at the same volatility"
    return sum_up(rival, mean, unit=1 / yearly if yearly else 1.0, told=told)


CLAIM = Claim(
    excuse,
    rivals,
    contest,
    conditions,
    direction=False,
    live="a Sharpe beside others at the same volatility is no mean of a difference per date; "
    "`candorcast backtest` tells it",
)
