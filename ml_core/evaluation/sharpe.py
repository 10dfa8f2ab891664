"""Sharpe ratios, and the chance that one is more than luck: above zero, and above the best of many trials."""

import numpy as np
import scipy  # its parts are loaded where they are first used
from numpy.typing import ArrayLike

EULER_GAMMA = 0.5772156649015329


def sharpe(returns: ArrayLike) -> float:
    """Per period, not annualised; 0 for returns that never move."""
    values = np.asarray(returns, dtype=float)
    spread = values.std(ddof=1) if len(values) > 1 else 0.0
    return float(values.mean() / spread) if spread > 1e-15 * np.abs(values).max(initial=0.0) else 0.0


def probabilistic_sharpe(returns: ArrayLike, *, benchmark: float = 0.0) -> float:
    """Probability that the true Sharpe (per period) exceeds `benchmark`, given length, skew and fat tails.

    Bailey and López de Prado (2012), with the plain fourth moment: 3 for a normal, not 0.
    """
    from scipy.stats import kurtosis, skew  # slow to import, and no trial of a search asks for it

    values = np.asarray(returns, dtype=float)
    if len(values) < 3 or values.std() == 0:
        return float("nan")
    ratio = sharpe(values)
    spread = np.sqrt(
        max(1 - skew(values) * ratio + (kurtosis(values, fisher=False) - 1) / 4 * ratio**2, 1e-12)
    )
    return float(scipy.special.ndtr((ratio - benchmark) * np.sqrt(len(values) - 1) / spread))


def expected_maximum(variance: float, trials: float) -> float:
    """The best Sharpe to be expected among that many trials without any skill."""
    if trials <= 1:
        return 0.0
    best = (1 - EULER_GAMMA) * scipy.special.ndtri(1 - 1 / trials) + EULER_GAMMA * scipy.special.ndtri(
        1 - 1 / (trials * np.e)
    )
    return float(np.sqrt(variance) * max(best, 0.0))


def deflated_sharpe(returns: ArrayLike, *, trials: float, variance: float = 0.0) -> float:
    """Probability that the true Sharpe exceeds what the best of so many independent trials without skill would show.

    `variance` is that of their Sharpes. Trials that are alike still have the noise of one: 1 / sessions.
    Bailey and López de Prado (2014).
    """
    values = np.asarray(returns, dtype=float)
    floor = max(variance, 1.0 / len(values))
    return probabilistic_sharpe(values, benchmark=expected_maximum(floor, max(trials, 1.0)))
