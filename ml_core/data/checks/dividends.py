"""Recorded dividends that the prices deny: in the wrong unit, counted twice, or other than the adjusted close says.

On its day a share falls by what it pays. How much more likely the day's change is under another amount than
under the recorded one, in log-likelihood, decides; a large amount tells by itself, small ones only together.
"""

import datetime as dt
import math
from collections.abc import Iterator
from itertools import pairwise

import polars as pl

from ml_core.data.quality.usual_moves import Series, adjusted_step, before, each_series
from ml_core.data.quality.verdicts import BarContext, Found, check

SURE = 8.0
DENIED = 5.0
LIKELY = 3.0
TOGETHER = 3.0
CLOSE_BY = 7
TINY = 0.0006
LARGE = 0.04
HUGE = 0.2  # of the price: that the adjusted close denies
ABSURD = 0.5  # of the price: by which it did not fall
SEVERAL = 3  # payments that tell together what one day cannot
TOLERANCE = 0.004
NOISE = 0.0051  # of a price in cents
NOTABLE = 0.015
SCHEMA = {"ticker": pl.String, "date": pl.Date, "dividend": pl.Float64, "known": pl.Date}


@check("action", "repair")
def dividend_denied(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The dividend is not the one that price and adjusted close agree on; theirs is taken."""
    return _table(row for series in _paying(bars) for row in _denied(series))


@check("action", "repair")
def dividend_unit(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The dividend is 100 times too large or too small for what the price did; put right."""
    return _table(row for series in _paying(bars) for row in _in_wrong_unit(series))


@check("action", "repair")
def dividend_twice(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The same distribution stands twice within days, and the price fell once; the other is left out."""
    return _table(row for series in _paying(bars) for row in _twice(series))


@check("action", "quarantine")
def dividend_impossible(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The dividend is as large as the price."""
    paid = pl.col("dividend").fill_null(0.0)
    return bars.filter((paid > 0) & (paid >= before("close"))).select("ticker", "date")


@check("told", "note")
def dividend_doubted(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The price did not fall by this dividend; kept as recorded, for a good day looks like that."""
    rows = [series.key(at) for series in _paying(bars) for at in _doubted(series)]
    return pl.DataFrame(rows, schema={"ticker": pl.String, "date": pl.Date}, orient="row")


@check("told", "note")
def adjusted_close_disagrees(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The adjusted close takes a step here that the recorded dividends do not; it is only compared, never used."""
    if bars["adj_close"].null_count() == bars.height:
        return pl.lit(False)
    kept = 1 - pl.col("dividend") / before("close")
    split = pl.when(pl.col("basis") == "traded").then(pl.col("split").fill_null(1.0)).otherwise(1.0)
    due = split.log() - pl.when(kept > 0).then(kept).otherwise(1.0).log()
    # An adjusted close that was rounded to cents is not more exact than that.
    cents = 2 * NOISE / pl.min_horizontal("adj_close", before("adj_close"))
    off = (adjusted_step() - due).abs() > pl.max_horizontal(pl.lit(TOLERANCE), cents)
    return (off & pl.col("dividend").is_not_null()).fill_null(False)


def _paying(bars: pl.DataFrame) -> Iterator[Series]:
    """Tickers with a dividend that is large, next to nothing, or not the adjusted close's: others are sound."""
    if not bars.select((pl.col("dividend") > 0).any()).item():
        return
    share = pl.col("dividend").fill_null(0.0) / before("close")
    told = (1 - (-adjusted_step()).exp() - share).abs() > 0.05 * share
    doubtful = (share >= NOTABLE) | (share < TINY) | told.fill_null(False)
    yield from each_series(bars, (pl.col("dividend") > 0).fill_null(False) & doubtful)


def _denied(series: Series) -> Iterator[tuple]:
    """An adjusted close that was made with next to nothing forgot the dividend more often than it denies it: then only
    one that no share pays, and by which the price did not fall, is doubted."""
    for at in series.payments():
        paid, before = series.dividend[at], series.close[at - 1]
        other = before * -math.expm1(-series.step[at])
        if not math.isfinite(other) or other < 0 or abs(other - paid) < 0.1 * paid:
            continue
        if other > 0.02 * paid:
            likely = _gain(series, at, other) > LIKELY / 2
        else:
            likely = paid > HUGE * before and _gain(series, at, other, idle=True) > DENIED
        if likely:
            yield (*series.key(at), round(float(other), 6), series.date(at))


def _in_wrong_unit(series: Series) -> Iterator[tuple]:
    """Too large tells by itself where no share pays as much, else only several together; too small only all together.
    As payments come, so does what they tell of the earlier ones."""
    payments = series.payments()
    large = [at for at in payments if series.dividend[at] > LARGE * series.close[at - 1]]
    tiny = [at for at in payments if series.dividend[at] < TINY * series.close[at - 1]]
    gains = {at: _gain(series, at, series.dividend[at] * 0.01) for at in large}
    gains |= {at: _gain(series, at, series.dividend[at] * 100) for at in tiny}
    sure: dict[int, dt.date] = {}
    for place, at in enumerate(payments):
        told = [one for one in large if one <= at]
        doubtful = [gains[one] for one in told if gains[one] > 1]
        together = len(doubtful) >= SEVERAL and len(doubtful) == len(told) and sum(doubtful) > SURE
        low = [one for one in tiny if one <= at]
        usual = len(low) >= place  # it never pays more: likelier a unit than a policy
        policy = len(low) >= 4 and sum(gains[one] for one in low) > (TOGETHER / 2 if usual else TOGETHER)
        named = [one for one in told if together or _absurd(series, one, gains[one])] + (
            low if policy else []
        )
        sure = {one: series.date(at) for one in named} | sure
    for at, known in sure.items():
        scale = 0.01 if series.dividend[at] > LARGE * series.close[at - 1] else 100
        yield (*series.key(at), round(float(series.dividend[at] * scale), 8), known)


def _twice(series: Series) -> Iterator[tuple]:
    for first, second in pairwise(series.payments()):
        pair = series.dividend[[first, second]]
        small = pair.max() < 0.02 * series.close[first - 1]
        if second - first > CLOSE_BY or small or pair.min() < 0.75 * pair.max():
            continue
        other = first if _gain(series, first, 0.0) > _gain(series, second, 0.0) else second
        yield (*series.key(other), 0.0, series.date(second))


def _absurd(series: Series, at: int, gain: float) -> bool:
    """Half of the price or more, which it did not fall by, and which no adjusted close was made with."""
    return gain > SURE and series.dividend[at] > ABSURD * series.close[at - 1] and not _confirmed(series, at)


def _confirmed(series: Series, at: int) -> bool:
    """Whether the adjusted close was made with the dividend as it is recorded."""
    told = series.close[at - 1] * -math.expm1(-series.step[at])
    return bool(abs(told - series.dividend[at]) < 0.1 * series.dividend[at])


def _doubted(series: Series) -> Iterator[int]:
    for at in series.payments():
        if series.dividend[at] > LARGE * series.close[at - 1] and _gain(series, at, 0.0) > DENIED:
            yield at


def _gain(series: Series, at: int, other: float, *, idle: bool = False) -> float:
    """By how much another dividend explains the day's change better than the recorded one. A price at which nobody
    traded tells nothing, unless something else speaks too (`idle`)."""
    if series.volume[at] == 0 and not idle:
        return 0.0
    before, change = series.close[at - 1], series.price_change[at]
    spread = max(series.volatility[at], 0.008)

    def misfit(paid: float) -> float:
        if paid >= before:
            return 50.0
        # A fat tail: a day far from both says little.
        distance = (change - math.log1p(-paid / before)) / spread
        return 2.5 * math.log1p(distance**2 / 4)

    return misfit(series.dividend[at]) - misfit(other)


def _table(rows: Iterator[tuple]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row").unique(["ticker", "date"], keep="first")
