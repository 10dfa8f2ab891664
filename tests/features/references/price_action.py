"""References: the shape of the day's bar, and of the last bars together."""

import numpy as np

from tests.features.references.bars import GUARD, Bars, at, last, mean, spread


def _days(row: int, window: int) -> range:
    return range(row - window + 1, row + 1)


def per_range(bars: Bars, row: int, part: float, *, still: float = 0.0) -> float:
    """A part of the day's range; `still` for a day without one."""
    reach = bars.high[row] - bars.low[row]
    return part / reach if reach else still


def overnight(bars: Bars, row: int) -> float:
    return np.log(at(bars.open, row) / at(bars.close, row - 1))


def intraday(bars: Bars, row: int) -> float:
    return np.log(at(bars.close, row) / at(bars.open, row))


def overnight_sum(bars: Bars, row: int, window: int) -> float:
    return sum(overnight(bars, day) for day in _days(row, window))


def intraday_sum(bars: Bars, row: int, window: int) -> float:
    return sum(intraday(bars, day) for day in _days(row, window))


def gap_shock(bars: Bars, row: int) -> float:
    return float(np.clip(overnight(bars, row) / (spread(bars, row, 20) + GUARD), -6, 6))


def gap_kept(bars: Bars, row: int) -> float:
    gap, after = overnight(bars, row), intraday(bars, row)
    return 2 * gap * after / (gap**2 + after**2 + 1e-8)


def close_in_bar(bars: Bars, row: int) -> float:
    middle = (bars.high[row] + bars.low[row]) / 2
    return per_range(bars, row, bars.close[row] - middle)


def close_in_bars(bars: Bars, row: int, window: int) -> float:
    return mean([close_in_bar(bars, day) for day in _days(row, window)])


def shadows(bars: Bars, row: int) -> float:
    upper = bars.high[row] - max(bars.open[row], bars.close[row])
    lower = min(bars.open[row], bars.close[row]) - bars.low[row]
    return per_range(bars, row, upper - lower)


def shadows_mean(bars: Bars, row: int, window: int) -> float:
    return mean([shadows(bars, day) for day in _days(row, window)])


def body(bars: Bars, row: int) -> float:
    return per_range(bars, row, bars.close[row] - bars.open[row])


def decision(bars: Bars, row: int, window: int) -> float:
    return mean([abs(body(bars, day)) for day in _days(row, window)])


def place_in_bar_before(bars: Bars, row: int) -> float:
    part = bars.close[row] - bars.low[row - 1]
    return float(np.clip(per_range(bars, row - 1, part, still=4.0 if part > 0 else -3.0), -3, 4))


def streak(bars: Bars, row: int) -> float:
    direction, days = np.sign(bars.change[row]), 1
    while days < 10 and np.sign(bars.change[row - days]) == direction:
        days += 1
    return direction * days


def higher_bars(bars: Bars, row: int, window: int) -> float:
    higher = sum(bars.high[day] > bars.high[day - 1] for day in _days(row, window))
    lower = sum(bars.low[day] < bars.low[day - 1] for day in _days(row, window))
    return (int(higher) - int(lower)) / window


def inside_bars(bars: Bars, row: int, window: int) -> float:
    return mean(
        [
            bars.low[day - 1] <= bars.low[day] and bars.high[day] <= bars.high[day - 1]
            for day in _days(row, window)
        ]
    )


def narrowness(bars: Bars, row: int, window: int) -> float:
    reach = last(np.log(bars.high / bars.low), row, window) + 1e-5
    return np.log(reach[-1] / max(reach))


def overlap(bars: Bars, row: int, window: int) -> float:
    whole = np.log(max(last(bars.high, row, window)) / min(last(bars.low, row, window)))
    usual = mean(last(np.log(bars.high / bars.low), row, window))
    return np.log((whole + 1e-5) / (usual + 1e-5))
