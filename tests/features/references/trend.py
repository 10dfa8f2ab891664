"""References: where the price stands against its own path."""

import numpy as np

from tests.features.references.bars import (
    GUARD,
    Bars,
    at,
    correlation,
    fading_mean,
    last,
    mean,
    spread,
)


def average(bars: Bars, row: int, window: int) -> float:
    """Simple average of the log price."""
    return mean(last(bars.level, row, window))


def sma_gap(bars: Bars, row: int, window: int) -> float:
    return at(bars.level, row) - average(bars, row, window)


def sma_gap_200(bars: Bars, row: int) -> float:
    known = min(row + 1, 200)
    return sma_gap(bars, row, known) if known >= 120 else np.nan


def ema_gap(bars: Bars, row: int, window: int) -> float:
    return at(bars.close, row) / fading_mean(bars.close[: row + 1], window, least=window) - 1


def month_cross(bars: Bars, row: int) -> float:
    return average(bars, row, 5) - average(bars, row, 20)


def quarter_cross(bars: Bars, row: int) -> float:
    return average(bars, row, 10) - average(bars, row, 50)


def half_year_cross(bars: Bars, row: int) -> float:
    return average(bars, row, 20) - average(bars, row, 100)


def macd(bars: Bars, row: int) -> float:
    fast, slow = (fading_mean(bars.close[: row + 1], span, least=26) for span in (12, 26))
    return (fast - slow) / at(bars.close, row)


def macd_gap(bars: Bars, row: int) -> float:
    days = np.array([macd(bars, day) for day in range(row + 1)])
    return days[row] - fading_mean(days, 9, least=9)


def range_position(bars: Bars, row: int, window: int) -> float:
    closes = last(bars.level, row, window)
    return (closes[-1] - closes.min()) / (closes.max() - closes.min())


def trend_fit(bars: Bars, row: int, window: int) -> float:
    return correlation(last(bars.level, row, window), np.arange(window))


def _closes(bars: Bars, row: int, window: int) -> np.ndarray:
    """Those of the window; of a year from 120 sessions on."""
    known = min(row + 1, window) if window == 250 and row + 1 >= 120 else window
    return last(bars.close, row, known)


def high_gap(bars: Bars, row: int, window: int) -> float:
    return np.log(at(bars.close, row) / np.max(_closes(bars, row, window)))


def low_gap(bars: Bars, row: int, window: int) -> float:
    return np.log(at(bars.close, row) / np.min(_closes(bars, row, window)))


def above_average(bars: Bars, row: int, window: int) -> float:
    return mean([sma_gap(bars, day, 20) > 0 for day in range(row - window + 1, row + 1)])


def trend_strength(bars: Bars, row: int) -> float:
    def per_volatility(window: int) -> float:
        way = np.log(at(bars.close, row) / at(bars.close, row - window))
        return way / (np.sqrt(window) * spread(bars, row, window) + GUARD)

    return per_volatility(100) - per_volatility(20)
