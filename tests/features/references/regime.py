"""References: two states of the market, calm and turbulent, by Hamilton's filter over the last year of its returns."""

import datetime as dt
from functools import cache

import numpy as np
from scipy.stats import norm

from tests.features.references.bars import Bars, Market, mean
from tests.features.references.cross_section import values_on
from tests.features.references.momentum import momentum

YEAR = 250
CALM, TURBULENT = {"mean": 0.0008, "deviation": 0.003}, {"mean": -0.001, "deviation": 0.008}
STAY_CALM, STAY_TURBULENT = 0.97, 0.9


def regime_return(bars: Bars, row: int) -> float:
    changes = list(values_on(bars.market, bars.dates[row], momentum, 1).values())
    return mean(changes) if changes else np.nan


@cache
def _chances(market: Market, date: dt.date) -> tuple[np.ndarray, np.ndarray]:
    """The chances of (calm, turbulent) before and after the date's return, from a year of returns before it."""
    leaves = np.array([1 - STAY_CALM, 1 - STAY_TURBULENT])
    moves = np.array([[STAY_CALM, 1 - STAY_CALM], [1 - STAY_TURBULENT, STAY_TURBULENT]])
    place = market.dates.index(date)
    told = before = after = leaves[::-1] / leaves.sum()
    for day in market.dates[max(0, place - YEAR) : place + 1]:
        density = _densities(market, day)
        after = before if np.isnan(density).any() else before * density / np.sum(before * density)
        told, before = before, after @ moves
    return told, after


@cache
def _densities(market: Market, date: dt.date) -> np.ndarray:
    value = regime_return(*market.on(date)[0])
    return np.array([norm.pdf(value, state["mean"], state["deviation"]) for state in (CALM, TURBULENT)])


def _turbulence(market: Market, date: dt.date) -> float:
    return float(_chances(market, date)[1][1])


def regime_turbulence(bars: Bars, row: int) -> float:
    return _turbulence(bars.market, bars.dates[row])


def regime_turbulence_change(bars: Bars, row: int, window: int) -> float:
    """Over the market's sessions, whichever of them the ticker missed."""
    dates = bars.market.dates
    earlier = dates[dates.index(bars.dates[row]) - window]
    return regime_turbulence(bars, row) - _turbulence(bars.market, earlier)


def regime_age(bars: Bars, row: int) -> float:
    market = bars.market
    place = market.dates.index(bars.dates[row])
    wild = _turbulence(market, bars.dates[row]) > 0.5
    age = 1
    while age < min(YEAR, place + 1) and (_turbulence(market, market.dates[place - age]) > 0.5) == wild:
        age += 1
    return np.log(1 + age) * (1 if wild else -1)


def regime_surprise(bars: Bars, row: int) -> float:
    before = _chances(bars.market, bars.dates[row])[0]
    unlikely = -np.log(np.sum(before * _densities(bars.market, bars.dates[row])))
    usual = norm(CALM["mean"], CALM["deviation"]).entropy()
    return unlikely - float(usual)
