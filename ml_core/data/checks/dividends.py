"""Dividends that the prices deny: in the wrong unit, counted twice, or not in the adjusted close.

On its day a share falls by what it pays. How much more likely the day's change is under another amount than
under the recorded one, in log-likelihood, decides; a large amount tells by itself, small ones only together.
"""

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import polars as pl

from ml_core.data.series import Series, each_series
from ml_core.data.verdicts import Found, Scene, check

SURE = 8.0
DENIED = 5.0
LIKELY = 3.0
TOGETHER = 3.0
CLOSE_BY = 7
TINY = 0.0006
LARGE = 0.04
TOLERANCE = 0.004
LEAST_MISSING = 0.02  # of the price: what is smaller is not told from a day's own move
MOST_MISSING = 0.5
SCHEMA = {"ticker": pl.String, "date": pl.Date, "dividend": pl.Float64}


@check("action", "repair")
def dividend_denied(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The dividend is not the one that price and adjusted close agree on; theirs is taken."""
    return _table(row for series in _paying(bars) for row in _denied(series))


@check("action", "repair")
def dividend_missing(bars: pl.DataFrame, _scene: Scene) -> Found:
    """Price and adjusted close agree on a dividend that is not recorded; taken."""
    return _table(row for series in _with_implied(bars) for row in _missing(series))


@check("action", "repair")
def dividend_unit(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The dividend is 100 times too large or too small for what the price did; put right."""
    return _table(row for series in _paying(bars) for row in _in_wrong_unit(series))


@check("action", "repair")
def dividend_twice(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The same distribution stands twice within days, and the price fell once; the other is left out."""
    return _table(row for series in _paying(bars) for row in _twice(series))


@check("action", "quarantine")
def dividend_impossible(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The dividend is as large as the price, or the price did not fall by it."""
    rows = [row[:2] for series in _paying(bars) for row in _impossible(series)]
    return pl.DataFrame(rows, schema={"ticker": pl.String, "date": pl.Date}, orient="row")


@check("adjusted", "repair")
def adjusted_close_disagrees(bars: pl.DataFrame, _scene: Scene) -> Found:
    """The adjusted close does not reflect the dividends; not used."""
    rows = [
        (*series.key(int(at)), None) for series in _with_adjusted(bars) for at in np.flatnonzero(_off(series))
    ]
    return pl.DataFrame(
        rows, schema={"ticker": pl.String, "date": pl.Date, "adj_close": pl.Float64}, orient="row"
    )


def _denied(series: Series) -> Iterator[tuple]:
    implied = _implied(series)
    for at in series.payments():
        paid, other = series.dividend[at], implied[at]
        if not math.isfinite(other) or other < 0 or abs(other - paid) < 0.1 * paid:
            continue
        if other > 0.02 * paid and _gain(series, at, other) > LIKELY / 2:
            yield (*series.key(at), round(float(other), 6))


def _missing(series: Series) -> Iterator[tuple]:
    """Only where the adjusted close is calm around the step: a wrong close beside a right one makes two steps."""
    implied = _implied(series)
    share = implied / np.concatenate([[np.nan], series.close[:-1]])
    free = (series.dividend == 0) & (series.split == 1)
    for at in np.flatnonzero((share > LEAST_MISSING) & (share < MOST_MISSING) & free):
        beside = share[max(at - 1, 0) : at + 2 : 2]
        calm = beside.size == 2 and np.all(np.abs(beside) < TOLERANCE)  # never true of NaN
        if calm and _gain(series, int(at), implied[at]) > LIKELY:
            yield (*series.key(int(at)), round(float(implied[at]), 6))


def _in_wrong_unit(series: Series) -> Iterator[tuple]:
    """Too large tells by itself or with others as large; too small only all together."""
    large = [at for at in series.payments() if series.dividend[at] > LARGE * series.close[at - 1]]
    gains = [_gain(series, at, series.dividend[at] * 0.01) for at in large]
    together = sum(gains) > SURE and min(gains) > 1
    for at, gain in zip(large, gains, strict=True):
        if gain > SURE or together:
            yield (*series.key(at), round(float(series.dividend[at] * 0.01), 8))
    tiny = [at for at in series.payments() if series.dividend[at] < TINY * series.close[at - 1]]
    gains = [_gain(series, at, series.dividend[at] * 100) for at in tiny]
    usual = len(tiny) >= len(series.payments()) - 1  # it never pays more: likelier a unit than a policy
    if len(tiny) >= 4 and sum(gains) > (TOGETHER / 2 if usual else TOGETHER):
        yield from ((*series.key(at), round(float(series.dividend[at] * 100), 8)) for at in tiny)


def _twice(series: Series) -> Iterator[tuple]:
    for first, second in pairwise(series.payments()):
        pair = series.dividend[[first, second]]
        small = pair.max() < 0.02 * series.close[first - 1]
        if second - first > CLOSE_BY or small or pair.min() < 0.75 * pair.max():
            continue
        other = first if _gain(series, first, 0.0) > _gain(series, second, 0.0) else second
        yield (*series.key(other), 0.0)


def _impossible(series: Series) -> Iterator[tuple]:
    for at in series.payments():
        paid, before = series.dividend[at], series.close[at - 1]
        if paid >= before or (paid > LARGE * before and _gain(series, at, 0.0) > DENIED):
            yield series.key(at)


def _gain(series: Series, at: int, other: float) -> float:
    """By how much another dividend explains the day's change better than the recorded one; none without trade."""
    if series.volume[at] == 0:
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


def _implied(series: Series) -> np.ndarray:
    """The dividend of each session that the adjusted close was made with."""
    ratio = series.adjusted / series.close
    step = ratio[:-1] / ratio[1:]
    return np.concatenate([[np.nan], series.close[:-1] * (1 - step)])


def _off(series: Series) -> np.ndarray:
    """Rows whose adjusted close is not the close times the usual factor of the later dividends."""
    known = np.isfinite(series.adjusted)
    if not known.any():
        return known
    before = np.concatenate([[np.nan], series.close[:-1]])
    kept = np.where(series.dividend > 0, 1 - series.dividend / before, 1.0)
    kept = np.where(np.isfinite(kept) & (kept > 0), kept, 1.0)
    kept = np.where(series.traded, kept / series.split, kept)  # the split of a price as traded is in it too
    later = np.concatenate([np.cumprod(kept[::-1])[::-1][1:], [1.0]])
    ratio = series.adjusted / series.close / later
    # An adjusted close that was rounded to cents is not more exact than that.
    cents = series.adjusted[known] * 100
    rounded = np.abs(cents - np.round(cents)).max() < 1e-6
    slack = np.maximum(TOLERANCE, 0.0051 / series.adjusted) if rounded else TOLERANCE
    return known & (np.abs(ratio / ratio[known][-1] - 1) > slack)


def _paying(bars: pl.DataFrame) -> Iterator[Series]:
    paying = bars.filter(pl.col("dividend").fill_null(0) != 0)["ticker"].unique()
    yield from each_series(bars.filter(pl.col("ticker").is_in(paying.implode())), least=-1.0)


def _with_adjusted(bars: pl.DataFrame) -> Iterator[Series]:
    known = bars.filter(pl.col("adj_close").is_not_null())
    held = known.filter((pl.col("basis") == "split_adjusted") & pl.col("dividend").is_not_null())[
        "ticker"
    ].unique()
    yield from each_series(bars.filter(pl.col("ticker").is_in(held.implode())), least=-1.0)


def _with_implied(bars: pl.DataFrame) -> Iterator[Series]:
    """Tickers whose adjusted close takes a step as large as a missing dividend."""
    ratio = pl.col("adj_close") / pl.col("close")
    step = 1 - (ratio.shift() / ratio).over("ticker")
    stepped = (
        (step > LEAST_MISSING) & (pl.col("basis") == "split_adjusted") & pl.col("dividend").is_not_null()
    )
    named = bars.filter(stepped)["ticker"].unique()
    yield from each_series(bars.filter(pl.col("ticker").is_in(named.implode())), least=-1.0)


def _table(rows: Iterator[tuple]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row").unique(["ticker", "date"], keep="first")
