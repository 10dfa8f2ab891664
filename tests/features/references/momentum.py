"""References: what the price did over the last sessions."""

from functools import cache

import numpy as np

from tests.features.references.bars import (
    GUARD,
    Bars,
    at,
    fading_deviation,
    fading_mean,
    last,
    mean,
    spread,
)


def momentum(bars: Bars, row: int, window: int) -> float:
    return np.log(at(bars.close, row) / at(bars.close, row - window))


def steady_momentum(bars: Bars, row: int, window: int) -> float:
    return mean(last(bars.change, row, window)) / (spread(bars, row, window) + GUARD)


def settled_momentum(bars: Bars, row: int, window: int) -> float:
    return np.log(at(bars.close, row - 20) / at(bars.close, row - window))


def acceleration(bars: Bars, row: int, window: int) -> float:
    return momentum(bars, row, window) - momentum(bars, row - window, window)


@cache
def shock(bars: Bars, row: int) -> float:
    known_yesterday = fading_deviation(bars.change[:row], 32, least=20)
    return float(np.clip(at(bars.change, row) / (known_yesterday + GUARD), -6, 6))


def shocks(bars: Bars, row: int) -> np.ndarray:
    return np.array([shock(bars, day) for day in range(row + 1)])


def shock_sum(bars: Bars, row: int, window: int) -> float:
    return np.sum(last(shocks(bars, row), row, window)) / np.sqrt(window)


def drift(bars: Bars, row: int, window: int) -> float:
    return fading_mean(shocks(bars, row), window, least=window)
