"""References: a series from outside the universe, over the ticker's own sessions."""

from tests.features.references.bars import Bars, at, deviation, last, mean


def context_vix_change(bars: Bars, row: int, window: int) -> float:
    return at(bars.series, row) - at(bars.series, row - window)


def context_vix_gap(bars: Bars, row: int, window: int) -> float:
    known = last(bars.series, row, window)
    return (known[-1] - mean(known)) / deviation(known)
