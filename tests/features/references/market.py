"""References: the market that all tickers make, and how a ticker moves with it, over the ticker's own sessions."""

from functools import cache

import numpy as np

from tests.features.references.bars import GUARD, Bars, correlation, deviation, last, mean, spread
from tests.features.references.cross_section import values_on
from tests.features.references.momentum import momentum
from tests.features.references.regime import regime_return
from tests.features.references.trend import high_gap, low_gap, sma_gap, sma_gap_200
from tests.features.references.volatility import volatility
from tests.features.references.volume import volume_surprise


@cache
def _market(bars: Bars) -> np.ndarray:
    """The market's return of each of the ticker's sessions."""
    return np.array([regime_return(bars, row) for row in range(len(bars.dates))])


def _slope(bars: Bars, row: int, window: int) -> float:
    """Covariance over variance, bounded."""
    own, market = last(bars.change, row, window), last(_market(bars), row, window)
    covariance = np.sum((own - mean(own)) * (market - mean(market))) / (window - 1)
    return float(np.clip(covariance / (deviation(market) * (deviation(market) + GUARD)), -5, 5))


def _told(bars: Bars, row: int, value, *window: int) -> np.ndarray:
    return np.array(list(values_on(bars.market, bars.dates[row], value, *window).values()))


def market_momentum(bars: Bars, row: int, window: int) -> float:
    return np.sum(last(_market(bars), row, window))


def market_volatility(bars: Bars, row: int, window: int) -> float:
    return np.log(deviation(last(_market(bars), row, window)) + GUARD)


def market_stretch(bars: Bars, row: int) -> float:
    return market_momentum(bars, row, 5) / (deviation(last(_market(bars), row, 60)) + GUARD)


def market_correlation(bars: Bars, row: int, window: int) -> float:
    return correlation(last(bars.change, row, window), last(_market(bars), row, window))


def beta(bars: Bars, row: int, window: int) -> float:
    return _slope(bars, row, window)


def downside_beta(bars: Bars, row: int, window: int) -> float:
    own, market = last(bars.change, row, window), last(_market(bars), row, window)
    fell = market < 0
    return float(np.clip(np.sum(own[fell] * market[fell]) / np.sum(market[fell] ** 2), -5, 5))


def own_volatility(bars: Bars, row: int, window: int) -> float:
    explained = market_correlation(bars, row, window) ** 2
    return np.log(spread(bars, row, window) * np.sqrt(1 - explained) + GUARD)


def own_momentum(bars: Bars, row: int, window: int) -> float:
    return momentum(bars, row, window) - _slope(bars, row, window) * market_momentum(bars, row, window)


def market_follower(bars: Bars, row: int) -> float:
    return correlation(last(bars.change, row, 60), last(_market(bars), row - 1, 60))


def breadth(bars: Bars, row: int, window: int) -> float:
    gaps = _told(bars, row, sma_gap_200) if window == 200 else _told(bars, row, sma_gap, window)
    return mean(gaps > 0)


def advances(bars: Bars, row: int) -> float:
    changes = _told(bars, row, momentum, 1)
    return (np.count_nonzero(changes > 0) - np.count_nonzero(changes < 0)) / len(changes)


def advances_mean(bars: Bars, row: int, window: int) -> float:
    return mean([advances(bars, row - day) for day in range(window)])


def _dispersion(changes: np.ndarray) -> float:
    return float(np.log(np.sqrt(mean((changes - mean(changes)) ** 2)) + 1e-4))


def dispersion(bars: Bars, row: int) -> float:
    return _dispersion(_told(bars, row, momentum, 1))


def dispersion_mean(bars: Bars, row: int, window: int) -> float:
    return mean([dispersion(bars, row - day) for day in range(window)])


def dispersion_month(bars: Bars, row: int) -> float:
    return _dispersion(_told(bars, row, momentum, 20))


def new_highs(bars: Bars, row: int, window: int) -> float:
    return mean(_told(bars, row, high_gap, window) == 0)


def new_lows(bars: Bars, row: int, window: int) -> float:
    return mean(_told(bars, row, low_gap, window) == 0)


def market_drawdown(bars: Bars, row: int, window: int) -> float:
    return mean(_told(bars, row, high_gap, window))


def market_volume(bars: Bars, row: int, window: int) -> float:
    return mean(_told(bars, row, volume_surprise, window))


def usual_volatility(bars: Bars, row: int, window: int) -> float:
    return mean(_told(bars, row, volatility, window))


def togetherness(bars: Bars, row: int, window: int) -> float:
    return market_volatility(bars, row, window) - usual_volatility(bars, row, window)
