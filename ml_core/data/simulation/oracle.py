"""Computes the best forecast that a drawn market's past allows, mean and deviation of each h-session log return.
Learners are measured against it.

One session ahead both are exact: the signal that will act is known, or in expectation a known share of it; so is the
chance of each regime. Farther ahead the mean is that of the signal times that of the volatility, whose variance
comes back to its base by the GARCH recursion: the root of that mean variance stands for the mean of the root.
"""

from collections.abc import Iterator

import numpy as np

from ml_core.data.simulation.config import Config
from ml_core.data.simulation.market import (
    CALM_TO_WILD,
    DRIFT,
    JUMP,
    OWN,
    PERSIST,
    REACT,
    WILD,
    WILD_TO_CALM,
    SimulatedMarket,
    signal_reach,
    size_slope,
)
from ml_core.data.simulation.signals import Planted, plant
from ml_core.frames import Array


def forecast_market(
    market: SimulatedMarket, config: Config, horizons: tuple[int, ...]
) -> dict[int, tuple[Array, Array]]:
    """mean_TN and scale_TN of each horizon, as known at each close."""
    planted, forecasts = plant(config), {}
    mean_TN, variance_TN = np.zeros_like(market.return_TN), np.zeros_like(market.return_TN)
    jumps_N = config.jumps * (JUMP * market.base_N) ** 2
    paths = zip(_signals(market, config, planted, max(horizons)), _volatilities(market), strict=False)
    for ahead, ((signal_TN, sure), (volatility_TN, power_TN)) in enumerate(paths, start=1):
        mean_TN = mean_TN + DRIFT
        own_TN = np.ones_like(signal_TN)
        if planted.acts_on == "mean":
            mean_TN = mean_TN + volatility_TN * np.sqrt(OWN) * config.ic * signal_TN
            own_TN -= config.ic**2 * sure
        elif planted.acts_on == "size":
            slope = size_slope(config.ic)
            own_TN = np.exp(2 * slope * signal_TN - 2 * slope**2 * sure)
        variance_TN = variance_TN + power_TN * (1 - OWN + OWN * own_TN) + jumps_N
        if ahead in horizons:
            forecasts[ahead] = mean_TN, np.sqrt(variance_TN)
    return forecasts


def _signals(
    market: SimulatedMarket, config: Config, planted: Planted, most: int
) -> Iterator[tuple[Array, float]]:
    """The signal that will act on the first session ahead, the second and so on: what is expected of it at each close,
    and which share of its variance is sure by then."""
    reach = signal_reach(config.decay, planted.lasts)
    sum_TN, driver_TN = market.signal_TN / reach, market.driver_TN
    left, seen = 1.0, 0.0  # the weights of sum and driver in what is expected
    together = 1 / (1 - config.decay * planted.lasts)  # their covariance
    for ahead in range(1, most + 1):
        if ahead <= config.delay:
            yield _earlier(market.known_KN, config.delay - ahead), 1.0
            continue
        driver_TN = planted.lasts * driver_TN
        sum_TN = config.decay * sum_TN + driver_TN
        left, seen = left * config.decay, seen * config.decay + planted.lasts ** (ahead - config.delay)
        yield reach * sum_TN, (left**2 + reach**2 * (seen**2 + 2 * left * seen * together))


def _earlier(known_KN: Array, sessions: int) -> Array:
    """What was known so many sessions before each close; nothing is, before the market began."""
    if sessions == 0:
        return known_KN[1:]
    return np.concatenate([np.zeros((sessions - 1, known_KN.shape[1])), known_KN])[: len(known_KN) - 1]


def _volatilities(market: SimulatedMarket) -> Iterator[tuple[Array, Array]]:
    """The expected volatility and its expected square, one session ahead, two and so on, without end."""
    base_N, excess_TN = market.base_N**2, market.variance_TN - market.base_N**2
    wild_T1 = np.where(market.wild_T, 1.0, 0.0)[:, None]
    while True:
        wild_T1 = wild_T1 * (1 - WILD_TO_CALM) + (1 - wild_T1) * CALM_TO_WILD
        variance_TN = base_N + excess_TN
        yield (
            np.sqrt(variance_TN) * (1 + (WILD - 1) * wild_T1),
            variance_TN * (1 + (WILD**2 - 1) * wild_T1),
        )
        excess_TN = excess_TN * (REACT + PERSIST)
