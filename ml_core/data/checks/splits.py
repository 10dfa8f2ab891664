"""Recorded splits that the prices show elsewhere, not at all, or twice. The record is the evidence; a jump that no
record is near to is none."""

import math
from collections.abc import Iterator

import numpy as np
import polars as pl

from ml_core.data.quality.usual_moves import Series, add_changes, each_series
from ml_core.data.quality.verdicts import BarContext, Found, check

NEAR = 45  # sessions around a recorded split within which bars may be on its other side for a while
BESIDE = 5  # sessions that a split of traded prices may be recorded off its day
DOUBLED = 0.64  # log: no day moves by as much as 2:1 on the day of such a split
SMALL = 0.1  # log: a smaller one is not told from a day's own move
SIZE = pl.col("split").fill_null(1.0).log().abs()
SCHEMA = {
    "ticker": pl.String, "date": pl.Date, "split": pl.Float64, "basis": pl.String, "known": pl.Date,
}  # fmt: skip


@check("scale", "repair")
def split_beside(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """Bars near a recorded split leave by its ratio and come back; scaled by it."""
    rows = [row for series in _with_splits(bars) for row in _blocks(series)]
    schema = {"ticker": pl.String, "date": pl.Date, "scale": pl.Float64, "known": pl.Date}
    scales = pl.DataFrame(rows, schema=schema, orient="row").unique(["ticker", "date"], keep="first")
    prices = [pl.col(name) * pl.col("scale") for name in ("open", "high", "low", "close", "adj_close")]
    volume = pl.col("volume") / pl.col("scale")
    return bars.join(scales, on=["ticker", "date"]).select("ticker", "date", "known", *prices, volume)


@check("scale", "repair")
def split_not_in_prices(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The prices should be free of this split, and change by it on its day; taken as traded there."""
    return _actions(row for series in _with_splits(bars) for row in _shown(series))


@check("scale", "repair")
def split_misplaced(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """A split recorded some sessions off; the prices show it on this day."""
    return _actions(row for series in _with_splits(bars) for row in _elsewhere(series))


@check("scale", "repair")
def split_in_prices(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The prices are as traded, but did not change by this split; it is in them already, or on another day."""
    return _actions(
        (*series.key(at), 1.0, "traded", series.date(at))
        for series in _with_splits(bars)
        for at, ratio in _unseen(series)
    )


@check("scale", "quarantine")
def split_or_dividend(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """A split and a dividend of this day explain the same change; which of them is in the price is unclear."""
    rows = [
        series.key(at)
        for series in _with_splits(bars)
        for at, ratio in series.splits()
        if abs(math.log(ratio)) > SMALL
        and not series.traded[at]
        and series.dividend[at] > 0.05 * series.close[at]
        and abs(series.price_change[at] - math.log(ratio)) < 0.04
    ]
    return pl.DataFrame(rows, schema={"ticker": pl.String, "date": pl.Date}, orient="row")


def _with_splits(bars: pl.DataFrame) -> Iterator[Series]:
    """Tickers with a recorded split and a change nearly as large: where there is none, all is well."""
    if not bars.select((SIZE > SMALL).any()).item():
        return
    split = pl.when(SIZE > SMALL).then(SIZE)
    marked = add_changes(bars.filter((SIZE > SMALL).any().over("ticker")))
    largest = pl.max_horizontal(pl.col("change", "price_change").abs()).max().over("ticker")
    near = marked.filter(largest > 0.6 * split.min().over("ticker"))["ticker"].unique()
    yield from each_series(bars, pl.col("ticker").is_in(near.implode()))


def _blocks(series: Series) -> Iterator[tuple]:
    """Bars between two opposite jumps by a recorded ratio, which leave the price where it was. Panics come back too:
    so one of the two is the split's own day, or as much money as before changes hands."""
    for place, ratio in series.splits():
        size = math.log(ratio)
        if abs(size) < SMALL:
            continue
        jumps = _jumps_by(series, place, size)
        while len(jumps) > 1:
            start = jumps.pop(0)
            back = next((at for at in jumps if series.change[at] * series.change[start] < 0), None)
            if back is None or not _level(series, start, back):
                continue
            if place not in (start, back) and not _same_money(series, start, back, size):
                continue
            jumps = [at for at in jumps if at > back]
            scale = math.exp(-abs(size) if series.change[start] > 0 else abs(size))
            known = series.date(max(back, place))
            yield from ((*series.key(at), scale, known) for at in range(start, back))


def _jumps_by(series: Series, place: int, size: float) -> list[int]:
    """Changes by the split or its inverse near it; of traded prices not on its day, where they should."""
    around = range(max(1, place - NEAR), min(series.length, place + NEAR))
    return [
        at
        for at in around
        if (at != place or not series.traded[at])
        and (series.moves_by(at, size) or series.moves_by(at, -size))
    ]


def _level(series: Series, start: int, back: int) -> bool:
    size = abs(series.change[start])
    near = max(0.06, 0.1 * size, 3 * series.volatility[start] * math.sqrt(back - start))
    return abs(series.change[start : back + 1].sum()) < min(near, 0.5 * size)


def _same_money(series: Series, start: int, back: int, size: float) -> bool:
    """Whether the number of shares changed as the price did, the other way: of a large split, that can be told."""
    traded = series.volume[start:back]
    if abs(size) < math.log(4) or not (traded > 0).all():
        return False
    times = float(np.median(traded)) / series.usual_volume[start]
    return abs(math.log(times) + series.change[start]) < 0.3 * abs(size)


def _shown(series: Series) -> Iterator[tuple]:
    """Of prices that should be free of splits: those that fall by one on its day, or rise, where it was taken twice.
    A day of one price near it, without trade, shows it too: nothing moves a price at which nobody trades."""
    for at, ratio in series.splits():
        size = math.log(ratio)
        if abs(size) < SMALL or series.traded[at]:
            continue
        if series.dividend[at] > 0.05 * series.close[at] or _is_return(series, at, size):
            continue
        if series.moves_by(at, -size):
            yield (*series.key(at), ratio, "traded", series.date(at))
        elif series.moves_by(at, size):
            yield (*series.key(at), 1 / ratio, "traded", series.date(at))
        else:
            yield from _untraded(series, at, ratio)


def _is_return(series: Series, at: int, size: float) -> bool:
    """A small split falls on a bad day now and then: where the adjusted close makes the move too, it is a return."""
    return abs(size) < DOUBLED and bool(abs(series.step[at]) < 0.3 * abs(size))


def _untraded(series: Series, place: int, ratio: float) -> Iterator[tuple]:
    size = math.log(ratio)
    around = np.arange(max(1, place - NEAR), min(series.length, place + NEAR))
    idle = around[(series.volume[around] == 0) & (series.high[around] == series.low[around])]
    for at in map(int, idle[np.abs(np.abs(series.change[idle]) - abs(size)) < 0.02]):
        taken = ratio if series.change[at] * size < 0 else 1 / ratio
        yield (*series.key(at), taken, "traded", series.date(max(at, place)))


def _unseen(series: Series) -> Iterator[tuple[int, float]]:
    """Splits of traded prices that did not change by them."""
    for at, ratio in series.splits():
        if series.traded[at] and abs(math.log(ratio)) > SMALL and series.moves_by(at, math.log(ratio)):
            yield at, ratio


def _elsewhere(series: Series) -> Iterator[tuple]:
    """The nearest session beside an unseen split that fell by its ratio."""
    for place, ratio in _unseen(series):
        around = np.arange(max(1, place - BESIDE), min(series.length, place + BESIDE + 1))
        size = math.log(ratio)
        tolerance = min(max(0.06, 3 * series.volatility[place]), 0.25 * abs(size))
        fits = (np.abs(series.change[around] + size) < tolerance) & (series.split[around] == 1)
        if fits.any():
            at = int(min(around[fits], key=lambda session: abs(session - place)))
            yield (*series.key(at), ratio, "traded", series.date(max(at, place)))


def _actions(rows: Iterator[tuple]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row").unique(["ticker", "date"], keep="first")
