"""Changes of price that no market made: bad prints, wrong units, splits that are not in the prices."""

import math

import polars as pl

from ml_core.data.series import Series, each_series
from ml_core.data.verdicts import Found, Scene, check

UNITS = (10.0, 100.0, 1000.0, 10_000.0)
SPLITS = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0, 1.5, 4 / 3, 5 / 4)
WHOLE = tuple(ratio for ratio in SPLITS if ratio >= 2)
NEAR = 45  # sessions that a recorded split may lie away from its mark in the prices
SHORT = 3  # sessions within which a price that left comes back by itself
BLOCK = 60  # the longest stretch of wrong bars between sound ones
PRINT = 0.18  # the least log change that is looked at
BREAK = 0.20  # the least log change that can be a missing split
BLIND = 0.35  # the same, where no volume says whether people traded on it
BLIND_BLOCK = 0.5  # the same, for more than a few bars that are elsewhere: two quarters' news look like them
CALM = 9.0  # in units of the ticker's own volatility, where nobody traded as on news
CROWD = 4.0  # times the usual turnover in money: people traded on something that happened


@check("print", "repair")
def split_misplaced(bars: pl.DataFrame, _scene: Scene) -> Found:
    """Bars near a recorded split are on the other side of it; scaled by its ratio."""
    return _repaired(bars, [row for series in each_series(bars) for row in _misplaced(series)])


@check("print", "quarantine")
def split_or_dividend(bars: pl.DataFrame, _scene: Scene) -> Found:
    """A split and a dividend of this day explain the same change; which of them is in the price is unclear."""
    rows = [
        series.key(at)
        for series in each_series(bars)
        for at, ratio in series.splits()
        if at
        and abs(math.log(ratio)) > 0.1
        and series.split_is_in_prices(at)
        and series.dividend[at] > 0.05 * series.close[at]
        and abs(series.price_change[at] - math.log(ratio)) < 0.04
    ]
    return pl.DataFrame(rows, schema={"ticker": pl.String, "date": pl.Date}, orient="row")


@check("print", "repair")
def wrong_unit(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The prices are 10, 100 or 1000 times what they are after them; scaled back."""
    return _repaired(bars, [row for series in each_series(bars, least=1.8) for row in _in_wrong_unit(series)])


@check("print", "quarantine")
def bad_print(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The price leaves and comes back at once, as no market moves."""
    rows = [row for series in each_series(bars, least=PRINT) for row in _bad_prints(series)]
    return pl.DataFrame(rows, schema={"ticker": pl.String, "date": pl.Date}, orient="row")


@check("series", "repair")
def unrecorded_action(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The price changes as by a split or spin-off that is not recorded; taken as one."""
    rows = [row for series in each_series(bars, least=BREAK) for row in _unrecorded(series)]
    schema = {"ticker": pl.String, "date": pl.Date, "split": pl.Float64, "basis": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


@check("series", "note")
def unexplained_jump(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The price jumps for good; nothing recorded says why, and without volume nothing tells news from a spin-off."""
    rows = [
        series.key(at)
        for series in each_series(bars, least=BLIND)
        for at in range(1, series.length)
        if abs(series.change[at]) >= max(BLIND, CALM * series.volatility[at])
        and not series.volume_known(at)
        and not series.returns_from(at)
    ]
    return pl.DataFrame(rows, schema={"ticker": pl.String, "date": pl.Date}, orient="row")


def _misplaced(series: Series) -> list[tuple]:
    """A jump by a recorded ratio: the shorter stretch to the next such jump, else all before it, is wrong."""
    found = []
    for place, ratio in series.splits():
        size = math.log(ratio)
        if abs(size) < 0.1 or not series.split_is_in_prices(place):
            continue
        low, high = max(1, place - NEAR), min(series.length, place + NEAR)
        jumps = [at for at in range(low, high) if series.jumps_by(at, size) or series.jumps_by(at, -size)]
        found += _scaled_block(series, jumps, ratio, shares=True)
    return found


def _in_wrong_unit(series: Series) -> list[tuple]:
    """Ten times is a unit only where it comes back: for good, it is what a split does."""
    jumps = [at for at in range(1, series.length) if _unit_of(series.change[at])]
    found = []
    for unit in UNITS:
        of_unit = [at for at in jumps if _unit_of(series.change[at]) == unit]
        found += _scaled_block(series, of_unit, unit, shares=False, for_good=unit > 10)
    return found


def _unit_of(change: float) -> float:
    """The power of ten that a log change is near to, or 0."""
    near = (unit for unit in UNITS if abs(abs(change) - math.log(unit)) < (0.12 if unit == 10 else 0.25))
    return next(near, 0.0)


def _scaled_block(
    series: Series, jumps: list[int], ratio: float, *, shares: bool, for_good: bool = True
) -> list[tuple]:
    """The rows (place, factor) that make the stretch agree with what comes after it."""
    found, left = [], list(jumps)
    while left:
        start = left.pop(0)
        back = next(
            (at for at in left if at - start <= BLOCK and series.change[at] * series.change[start] < 0),
            None,
        )
        up = series.change[start] > 0
        factor = max(ratio, 1 / ratio)
        if back is not None:
            left = [at for at in left if at > back]
            span, scale = range(start, back), 1 / factor if up else factor
        else:
            span, scale = range(start if for_good else 0), factor if up else 1 / factor
        found += [series.scaled(at, scale, shares=shares) for at in span]
    return found


def _bad_prints(series: Series) -> list[tuple]:
    """A few bars that are elsewhere; or more, if the price jumps there and back overnight and nobody trades on it."""
    found, at = [], 1
    while at < series.length - 1:
        leave = series.change[at]
        back = None
        if abs(leave) >= max(PRINT, 8 * series.volatility[at]) and not series.crowded(at, CROWD):
            least = BREAK if series.volume_known(at) else BLIND_BLOCK
            far = BLOCK if abs(leave) >= least and series.opens_there(at) else SHORT
            places = range(at + 1, min(at + 1 + far, series.length))
            back = next((place for place in places if _comes_back(series, at, place)), None)
        if back is not None:
            found += [series.key(place) for place in range(at, back)]
        at = back or at + 1
    return found


def _comes_back(series: Series, at: int, back: int) -> bool:
    leave, came = series.change[at], series.change[back]
    if came * leave > 0 or abs(came) < 0.7 * abs(leave):
        return False
    if back - at > SHORT:
        same = abs(leave + came) < max(0.06, 3 * series.volatility[at])
        return same and series.opens_there(back) and not series.crowded(back, CROWD)
    return abs(series.change[at : back + 1].sum()) < 0.25 * abs(leave)


def _unrecorded(series: Series) -> list[tuple]:
    found = []
    for at in range(1, series.length):
        change = series.change[at]
        # Shares gain by a reverse split only, and that is a large step.
        least = BREAK if change < 0 and series.volume_known(at) else BLIND
        if abs(change) < max(least, CALM * series.volatility[at]) or series.crowded(at, CROWD):
            continue
        if not series.opens_there(at) or series.returns_from(at):
            continue
        ratio = _nearest_split(math.exp(-change), 3 * series.volatility[at])
        if not series.volume_known(at) and max(ratio, 1 / ratio) not in WHOLE:
            continue  # news is as likely
        found.append((*series.key(at), ratio, "traded"))
    return found


def _nearest_split(ratio: float, tolerance: float) -> float:
    """The common split that the ratio is near to, or the ratio itself."""
    common = [*SPLITS, *(1 / split for split in SPLITS)]
    best = min(common, key=lambda split: abs(math.log(split / ratio)))
    return best if abs(math.log(best / ratio)) < min(tolerance, 0.05) else round(ratio, 6)


def _repaired(bars: pl.DataFrame, rows: list[tuple]) -> pl.DataFrame:
    columns = {"ticker": pl.String, "date": pl.Date, "scale": pl.Float64, "shares": pl.Float64}
    scaled = pl.DataFrame(rows, schema=columns, orient="row").unique(["ticker", "date"], keep="first")
    names = ("open", "high", "low", "close")
    return bars.join(scaled, on=["ticker", "date"]).select(
        "ticker",
        "date",
        *((pl.col(name) * pl.col("scale")) for name in names),
        volume=pl.col("volume") / pl.col("shares"),
        adj_close=pl.col("adj_close") * pl.col("scale"),
    )
