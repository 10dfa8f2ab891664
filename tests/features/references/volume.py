"""References: how much was traded, and how the price moved with it."""

import numpy as np

from tests.features.references.bars import Bars, at, correlation, deviation, fading_mean, last, mean
from tests.features.references.price_action import close_in_bar


def _activity(bars: Bars) -> np.ndarray:
    """Log volume; one share more, for a day without any."""
    return np.log(bars.volume + 1)


def _typical(bars: Bars) -> np.ndarray:
    return (bars.high + bars.low + bars.close) / 3


def _activity_change(bars: Bars) -> np.ndarray:
    return np.array([np.nan, *np.diff(_activity(bars))])


def volume_surprise(bars: Bars, row: int, window: int) -> float:
    known = last(_activity(bars), row, window)
    return (known[-1] - mean(known)) / (deviation(known) + 1e-3)


def volume_trend(bars: Bars, row: int) -> float:
    week, quarter = (mean(last(_activity(bars), row, window)) for window in (5, 60))
    return float(week - quarter)


def volume_shock(bars: Bars, row: int) -> float:
    return at(_activity(bars), row) - fading_mean(_activity(bars)[:row], 20, least=20)


def volume_volatility(bars: Bars, row: int, window: int) -> float:
    return deviation(last(_activity_change(bars), row, window))


def signed_volume(bars: Bars, row: int, window: int) -> float:
    volume, change = last(bars.volume, row, window), last(bars.change, row, window)
    return (volume[change > 0].sum() - volume[change < 0].sum()) / volume.sum()


def price_volume_trend(bars: Bars, row: int, window: int) -> float:
    return np.average(last(bars.change, row, window), weights=last(bars.volume, row, window))


def force(bars: Bars, row: int, window: int) -> float:
    pushed = fading_mean((bars.change * bars.volume)[: row + 1], window, least=window)
    return pushed / fading_mean(bars.volume[: row + 1], window, least=window)


def money_flow(bars: Bars, row: int, window: int) -> float:
    typical, rising, falling, total = _typical(bars), 0.0, 0.0, 0.0
    for day in range(row - window + 1, row + 1):
        money = typical[day] * bars.volume[day]
        total += money
        rising += money if typical[day] > typical[day - 1] else 0.0
        falling += money if typical[day] < typical[day - 1] else 0.0
    return (rising - falling) / total


def accumulation(bars: Bars, row: int, window: int) -> float:
    places = [close_in_bar(bars, day) for day in range(row - window + 1, row + 1)]
    return np.average(np.array(places), weights=last(bars.volume, row, window))


def illiquidity(bars: Bars, row: int, window: int) -> float:
    impact = np.log((np.abs(bars.change) + 1e-4) / (bars.close * (bars.volume + 1)))
    return float(mean(last(impact, row, window)) - mean(last(impact, row, 100)))


def vwap_gap(bars: Bars, row: int, window: int) -> float:
    paid = np.average(last(_typical(bars), row, window), weights=last(bars.volume, row, window))
    return np.log(at(bars.close, row) / paid)


def volume_agreement(bars: Bars, row: int) -> float:
    return correlation(last(bars.change, row, 60), last(_activity_change(bars), row, 60))


def volume_excitement(bars: Bars, row: int) -> float:
    return correlation(np.abs(last(bars.change, row, 60)), last(_activity(bars), row, 60))


def quiet_return(bars: Bars, row: int, window: int) -> float:
    days = range(row - window + 1, row + 1)
    return sum(bars.change[day] for day in days if bars.volume[day] < bars.volume[day - 1])


def busiest_share(bars: Bars, row: int, window: int) -> float:
    volume = last(bars.volume, row, window)
    return max(volume) / sum(volume)
