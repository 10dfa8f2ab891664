"""Changes of price that no market made: bad prints, and actions that nothing records."""

import math
from collections.abc import Iterator

import polars as pl

from ml_core.data.series import Series, each_series
from ml_core.data.verdicts import Found, Scene, check

SPLITS = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0, 1.5, 4 / 3, 5 / 4)
WHOLE = tuple(ratio for ratio in SPLITS if ratio >= 2)
BLOCK = 60  # the longest stretch of bars that are elsewhere
SHORT = 3  # sessions within which a price that left comes back by itself
PRINT = 0.18  # the least log change that is looked at
BREAK = 0.20  # the least log change that can be a missing split
BLIND = 0.35  # the same, where no volume says whether people traded on it
BLIND_BLOCK = 0.5  # the same, for more than a few bars that are elsewhere: two quarters' news look like them
CALM = 9.0  # in units of the ticker's own volatility, where nobody traded as on news
CROWD = 4.0  # times the usual turnover in money: people traded on something that happened


@check("print", "quarantine")
def bad_print(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The price leaves and comes back at once, as no market moves."""
    rows = [row for series in each_series(bars, least=PRINT) for row in _bad_prints(series)]
    return pl.DataFrame(rows, schema={"ticker": pl.String, "date": pl.Date}, orient="row")


@check("series", "repair")
def unrecorded_action(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The price changes as by a split or spin-off that is not recorded; taken as one."""
    rows = [
        (*series.key(at), _split_at(series, at), "traded")
        for series in each_series(bars, least=BREAK)
        for at in _like_actions(series)
        if at < series.length - 1
    ]
    schema = {"ticker": pl.String, "date": pl.Date, "split": pl.Float64, "basis": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


@check("series", "quarantine")
def too_early(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The newest bar jumps as by an action or a bad print; the next one will tell which."""
    rows = [
        series.key(series.length - 1)
        for series in each_series(bars, least=PRINT)
        if series.length - 1 in _like_actions(series) or _leaves(series, series.length - 1)
    ]
    return pl.DataFrame(rows, schema={"ticker": pl.String, "date": pl.Date}, orient="row")


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


def _bad_prints(series: Series) -> list[tuple]:
    """A few bars that are elsewhere; or more, if the price jumps there and back overnight and nobody trades on it."""
    found, at = [], 1
    while at < series.length - 1:
        leave = series.change[at]
        back = None
        if _strange(series, at):
            least = BREAK if series.volume_known(at) else BLIND_BLOCK
            far = BLOCK if abs(leave) >= least and series.opens_there(at) else SHORT
            places = range(at + 1, min(at + 1 + far, series.length))
            back = next((place for place in places if _comes_back(series, at, place)), None)
        if back is not None:
            found += [series.key(place) for place in range(at, back)]
        at = back or at + 1
    return found


def _strange(series: Series, at: int) -> bool:
    return bool(abs(series.change[at]) >= max(PRINT, 8 * series.volatility[at])) and not series.crowded(
        at, CROWD
    )


def _leaves(series: Series, at: int) -> bool:
    """Whether it may be a bad print of which the return is still to come; without volume, news is as likely."""
    return _strange(series, at) and series.volume_known(at) and series.opens_there(at)


def _comes_back(series: Series, at: int, back: int) -> bool:
    leave, came = series.change[at], series.change[back]
    if came * leave > 0 or abs(came) < 0.7 * abs(leave):
        return False
    if back - at > SHORT:
        same = abs(leave + came) < max(0.06, 3 * series.volatility[at])
        return same and series.opens_there(back) and not series.crowded(back, CROWD)
    return abs(series.change[at : back + 1].sum()) < 0.25 * abs(leave)


def _like_actions(series: Series) -> Iterator[int]:
    """The places of jumps that came overnight and stayed, and that nobody traded on."""
    for at in range(1, series.length):
        change = series.change[at]
        # Shares gain by a reverse split only, and that is a large step.
        least = BREAK if change < 0 and series.volume_known(at) else BLIND
        if abs(change) < max(least, CALM * series.volatility[at]) or series.crowded(at, CROWD):
            continue
        if not series.opens_there(at) or series.returns_from(at):
            continue
        ratio = _nearest_split(math.exp(-change), 3 * series.volatility[at])
        if series.volume_known(at) or max(ratio, 1 / ratio) in WHOLE:  # news is as likely
            yield at


def _split_at(series: Series, at: int) -> float:
    """The split that takes the jump away: what is recorded there as traded is in the change already."""
    ratio = _nearest_split(math.exp(-series.change[at]), 3 * series.volatility[at])
    return ratio * series.split[at] if series.traded[at] else ratio


def _nearest_split(ratio: float, tolerance: float) -> float:
    """The common split that the ratio is near to, or the ratio itself."""
    common = [*SPLITS, *(1 / split for split in SPLITS)]
    best = min(common, key=lambda split: abs(math.log(split / ratio)))
    return best if abs(math.log(best / ratio)) < min(tolerance, 0.05) else round(ratio, 6)
