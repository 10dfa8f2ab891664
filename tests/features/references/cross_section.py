"""References: how a ticker stands among the others on the same date, and among those of its sector."""

import datetime as dt
from collections.abc import Callable
from functools import cache

import numpy as np

from tests.features.references.bars import Bars, Market, fading_mean, mean
from tests.features.references.mean_reversion import z_score
from tests.features.references.momentum import momentum, shock
from tests.features.references.trend import high_gap
from tests.features.references.volatility import volatility
from tests.features.references.volume import volume_surprise, volume_trend

Value = Callable[..., float]


@cache
def values_on(market: Market, date: dt.date, value: Value, *window: int) -> dict[str, float]:
    """What is known of each ticker with a bar on the date."""
    told = {bars.ticker: value(bars, row, *window) for bars, row in market.on(date)}
    return {ticker: number for ticker, number in told.items() if not np.isnan(number)}


def _peers(bars: Bars, row: int, value: Value, *window: int) -> dict[str, float]:
    told = values_on(bars.market, bars.dates[row], value, *window)
    return {
        ticker: number for ticker, number in told.items() if bars.market.bars[ticker].sector == bars.sector
    }


def _rank(own: float, others: list[float]) -> float:
    """Share of the tickers below, less that of those above, halved: the lowest of n is at 0.5 / n - 0.5."""
    return (sum(other < own for other in others) - sum(other > own for other in others)) / (2 * len(others))


def _date_rank(bars: Bars, row: int, value: Value, *window: int) -> float:
    return _rank(
        value(bars, row, *window), list(values_on(bars.market, bars.dates[row], value, *window).values())
    )


def _date_gap(bars: Bars, row: int, value: Value, *window: int) -> float:
    told = list(values_on(bars.market, bars.dates[row], value, *window).values())
    return value(bars, row, *window) - mean(told) if told else np.nan


def _sector_gap(bars: Bars, row: int, value: Value, *window: int) -> float:
    told = list(_peers(bars, row, value, *window).values())
    return value(bars, row, *window) - mean(told) if told else np.nan


def momentum_rank(bars: Bars, row: int, window: int) -> float:
    return _date_rank(bars, row, momentum, window)


def volatility_rank(bars: Bars, row: int, window: int) -> float:
    return _date_rank(bars, row, volatility, window)


def volume_rank(bars: Bars, row: int, window: int) -> float:
    return _date_rank(bars, row, volume_surprise, window)


def high_gap_rank(bars: Bars, row: int, window: int) -> float:
    return _date_rank(bars, row, high_gap, window)


def relative_momentum(bars: Bars, row: int, window: int) -> float:
    return _date_gap(bars, row, momentum, window)


def relative_volatility(bars: Bars, row: int, window: int) -> float:
    return _date_gap(bars, row, volatility, window)


def relative_volume(bars: Bars, row: int) -> float:
    return _date_gap(bars, row, volume_trend)


def relative_z_score(bars: Bars, row: int, window: int) -> float:
    return _date_gap(bars, row, z_score, window)


def relative_shock(bars: Bars, row: int) -> float:
    return _date_gap(bars, row, shock)


def relative_drift(bars: Bars, row: int, window: int) -> float:
    days = np.array([relative_shock(bars, day) for day in range(row + 1)])
    return fading_mean(days, window, least=window)


def rank_change(bars: Bars, row: int, window: int) -> float:
    return momentum_rank(bars, row, window) - momentum_rank(bars, row - 20, window)


def sector_gap(bars: Bars, row: int, window: int) -> float:
    return _sector_gap(bars, row, momentum, window)


def sector_rank(bars: Bars, row: int, window: int) -> float:
    return _rank(momentum(bars, row, window), list(_peers(bars, row, momentum, window).values()))


def sector_volatility_gap(bars: Bars, row: int, window: int) -> float:
    return _sector_gap(bars, row, volatility, window)


def sector_strength(bars: Bars, row: int, window: int) -> float:
    sector = list(_peers(bars, row, momentum, window).values())
    everyone = list(values_on(bars.market, bars.dates[row], momentum, window).values())
    return float(mean(sector) - mean(everyone))


def sector_dispersion(bars: Bars, row: int) -> float:
    changes = np.array(list(_peers(bars, row, momentum, 1).values()))
    return np.log(np.sqrt(mean((changes - mean(changes)) ** 2)) + 1e-4)


def sector_shock(bars: Bars, row: int) -> float:
    return _sector_gap(bars, row, shock)


def sector_drift(bars: Bars, row: int, window: int) -> float:
    days = np.array([sector_shock(bars, day) for day in range(row + 1)])
    return fading_mean(days, window, least=window)
