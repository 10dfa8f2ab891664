"""References: how far the price is stretched from where it usually is."""

import numpy as np

from tests.features.references.bars import GUARD, Bars, at, deviation, last, mean, spread


def z_score(bars: Bars, row: int, window: int) -> float:
    levels = last(bars.level, row, window)
    return (levels[-1] - mean(levels)) / (deviation(levels) + GUARD)


def rsi(bars: Bars, row: int, window: int) -> float:
    changes = last(bars.change, row, window)
    upward, downward = changes[changes > 0].sum(), -changes[changes < 0].sum()
    return upward / (upward + downward) - 0.5


def band_width(bars: Bars, row: int, window: int) -> float:
    return np.log(deviation(last(bars.level, row, window)) + 1e-4)


def stochastic(bars: Bars, row: int, window: int) -> float:
    highest, lowest = max(last(bars.high, row, window)), min(last(bars.low, row, window))
    return (at(bars.close, row) - lowest) / (highest - lowest)


def stochastic_turn(bars: Bars, row: int) -> float:
    return stochastic(bars, row, 14) - mean([stochastic(bars, row - day, 14) for day in range(3)])


def cci(bars: Bars, row: int, window: int) -> float:
    typical = (bars.high + bars.low + bars.close) / 3
    apart = [typical[day] / mean(last(typical, day, window)) - 1 for day in range(row - window + 1, row + 1)]
    return float(np.clip(apart[-1] / (mean(np.abs(apart)) + GUARD), -5, 5))


def pullback(bars: Bars, row: int, window: int) -> float:
    recent = np.sum(last(bars.change, row, 3))
    trend = np.sign(np.sum(last(bars.change, row - 3, window)))
    return -trend * recent / (spread(bars, row, 20) + GUARD)
