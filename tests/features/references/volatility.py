"""References: how much the price moves, from closes and from the day's range."""

import numpy as np

from tests.features.references.bars import GUARD, Bars, deviation, fading_mean, last, mean, spread
from tests.features.references.price_action import intraday, overnight


def _log_root(variance: float) -> float:
    return float(np.log(np.sqrt(variance) + GUARD))


def _days(row: int, window: int) -> range:
    return range(row - window + 1, row + 1)


def volatility(bars: Bars, row: int, window: int) -> float:
    return np.log(spread(bars, row, window) + GUARD)


def volatility_ratio(bars: Bars, row: int) -> float:
    return volatility(bars, row, 5) - volatility(bars, row, 60)


def smooth_volatility(bars: Bars, row: int, window: int) -> float:
    return _log_root(fading_mean(bars.change[: row + 1] ** 2, window, least=window))


def parkinson(bars: Bars, row: int, window: int) -> float:
    reach = np.log(last(bars.high, row, window) / last(bars.low, row, window))
    return _log_root(np.sum(reach**2) / (4 * window * np.log(2)))


def garman_klass(bars: Bars, row: int, window: int) -> float:
    total = 0.0
    for day in _days(row, window):
        reach = np.log(bars.high[day] / bars.low[day])
        total += 0.5 * reach**2 - (2 * np.log(2) - 1) * intraday(bars, day) ** 2
    return _log_root(total / window)


def _without_drift(bars: Bars, row: int, window: int) -> float:
    """Rogers and Satchell: up (up - close) + down (down - close), each the log of the price over the open."""
    total = 0.0
    for day in _days(row, window):
        up, down = np.log(bars.high[day] / bars.open[day]), np.log(bars.low[day] / bars.open[day])
        total += up * (up - intraday(bars, day)) + down * (down - intraday(bars, day))
    return total / window


def rogers_satchell(bars: Bars, row: int, window: int) -> float:
    return _log_root(_without_drift(bars, row, window))


def yang_zhang(bars: Bars, row: int, window: int) -> float:
    night = deviation(np.array([overnight(bars, day) for day in _days(row, window)])) ** 2
    day = deviation(np.array([intraday(bars, day) for day in _days(row, window)])) ** 2
    weight = 0.34 / (1.34 + (window + 1) / (window - 1))
    return _log_root(night + weight * day + (1 - weight) * _without_drift(bars, row, window))


def _true_range(bars: Bars, row: int) -> float:
    """Wilder's: the largest of three distances, as a share of yesterday's close."""
    high, low, before = bars.high[row], bars.low[row], bars.close[row - 1]
    return max(high - low, abs(high - before), abs(low - before)) / before


def realized_range(bars: Bars, row: int, window: int) -> float:
    return _log_root(mean([_true_range(bars, day) ** 2 for day in _days(row, window)]))


def volatility_of_volatility(bars: Bars, row: int, window: int) -> float:
    return deviation(np.array([volatility(bars, day, 5) for day in _days(row, window)]))


def downside_share(bars: Bars, row: int, window: int) -> float:
    changes = last(bars.change, row, window)
    return np.sum(changes[changes < 0] ** 2) / np.sum(changes**2)


def downside_volatility(bars: Bars, row: int, window: int) -> float:
    return _log_root(mean([min(change, 0.0) ** 2 for change in last(bars.change, row, window)]))


def night_share(bars: Bars, row: int, window: int) -> float:
    night = deviation(np.array([overnight(bars, day) for day in _days(row, window)])) ** 2
    day = deviation(np.array([intraday(bars, day) for day in _days(row, window)])) ** 2
    return night / (night + day)


def volatility_change(bars: Bars, row: int, window: int) -> float:
    return volatility(bars, row, 20) - volatility(bars, row - window, 20)


def range_expansion(bars: Bars, row: int, window: int) -> float:
    ranges = np.array([_true_range(bars, day) for day in _days(row, window)])
    return np.log((ranges[-1] + 1e-4) / (mean(ranges) + 1e-4))


def range_per_move(bars: Bars, row: int, window: int) -> float:
    reach = mean(np.log(last(bars.high, row, window) / last(bars.low, row, window)))
    return np.log((reach + 1e-5) / (mean(np.abs(last(bars.change, row, window))) + 1e-5))
