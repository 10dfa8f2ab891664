"""References: the shape of the recent returns."""

import numpy as np

from tests.features.references.bars import GUARD, Bars, correlation, deviation, last, mean, spread
from tests.features.references.trend import high_gap


def _standardised(bars: Bars, row: int, window: int) -> np.ndarray:
    """Returns of the window less their mean, in deviations of them all."""
    apart = last(bars.change, row, window)
    apart = apart - mean(apart)
    return apart / (np.sqrt(mean(apart**2)) + GUARD)


def skew(bars: Bars, row: int, window: int) -> float:
    return mean(_standardised(bars, row, window) ** 3)


def kurtosis(bars: Bars, row: int, window: int) -> float:
    return np.log(max(mean(_standardised(bars, row, window) ** 4), 1.0))


def autocorrelation(bars: Bars, row: int, window: int) -> float:
    return correlation(last(bars.change, row, window), last(bars.change, row - 1, window))


def weekly_autocorrelation(bars: Bars, row: int) -> float:
    return correlation(last(bars.change, row, 60), last(bars.change, row - 5, 60))


def clustering(bars: Bars, row: int) -> float:
    size = np.abs(bars.change)
    return correlation(last(size, row, 60), last(size, row - 1, 60))


def leverage(bars: Bars, row: int) -> float:
    return correlation(np.abs(last(bars.change, row, 60)), last(bars.change, row - 1, 60))


def largest_rise(bars: Bars, row: int, window: int) -> float:
    return max(last(bars.change, row, window)) / (spread(bars, row, window) + GUARD)


def largest_fall(bars: Bars, row: int, window: int) -> float:
    return min(last(bars.change, row, window)) / (spread(bars, row, window) + GUARD)


def deepest_fall(bars: Bars, row: int, window: int) -> float:
    return min(high_gap(bars, day, window) for day in range(row - window + 1, row + 1))


def up_share(bars: Bars, row: int, window: int) -> float:
    changes = last(bars.change, row, window)
    return (np.count_nonzero(changes > 0) - np.count_nonzero(changes < 0)) / window


def tail_share(bars: Bars, row: int, window: int) -> float:
    days = range(row - window + 1, row + 1)
    return mean([abs(bars.change[day]) > 2 * spread(bars, day, 60) for day in days])


def variance_ratio(bars: Bars, row: int, window: int) -> float:
    longer = np.array([np.sum(last(bars.change, day, window)) for day in range(row - 99, row + 1)])
    daily = deviation(last(bars.change, row, 100)) ** 2
    return np.log((deviation(longer) ** 2 + 1e-10) / (window * (daily + 1e-10)))


def jump_share(bars: Bars, row: int, window: int) -> float:
    size, before = np.abs(last(bars.change, row, window)), np.abs(last(bars.change, row - 1, window))
    bipower = np.pi / 2 * np.sum(size * before)
    return float(np.clip(1 - bipower / np.sum(size**2), -1, 1))


def roughness(bars: Bars, row: int, window: int) -> float:
    levels = last(bars.level, row, window)
    way = max(levels) - min(levels)
    return np.log((way + GUARD) / (spread(bars, row, window) * np.sqrt(window) + GUARD))
