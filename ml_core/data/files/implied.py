"""Works out the dividends and splits that lie between closes and adjusted closes, for sources that give both and
record no actions.

adjusted / given is a level that moves on the day of an action only; by the usual rule an amount d before a close p
lifts it by p / (p - d). What is said of a row depends on it and on earlier rows of its ticker.
"""

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from ml_core.data.files.rounding import count_decimals, half_unit
from ml_core.frames import KEYS

FLOOR = 1e-5  # of the price: what pays less tells itself from how numbers are stored only after some time
SPLIT = 0.16  # what lifts the level by more, or lowers it, is a split
LEAST_FALL = 1e-3  # a level that falls by less was not rounded as it seems; nothing comes of it
SESSIONS, FEW = 60, 5
LARGEST_TERM = 20
LATE = 0.01  # of the price: what moves less may repeat an adjusted close in cents by chance


class Action(NamedTuple):
    """`row` is where it is first seen."""

    row: int
    dividend: float
    split: float


def imply_actions(table: pl.DataFrame) -> pl.DataFrame:
    """(ticker, date, dividend, split) of the days on which adjusted and given close move apart.

    Rows without both closes, and those of a day with two different rows, say nothing: an action shows on the next.
    """
    rows = _bound(_usable(table))
    actions, start = [], 0
    for length in rows["ticker"].rle().struct.field("len"):
        one = rows.slice(start, length)
        actions += [action._replace(row=start + action.row) for action in _follow(one)]
        start += length
    return _name(rows, actions)


def _usable(table: pl.DataFrame) -> pl.DataFrame:
    """Rows in order, with the `level` of each."""
    known = [pl.col(name).is_finite() & (pl.col(name) > 0) for name in ("close", "adj_close")]
    rows = table.select(*KEYS["bars"], "close", "adj_close").filter(*known).sort(KEYS["bars"])
    rows = rows if rows.select(_stands_once().all()).item() else rows.filter(_stands_once())
    rows = rows.filter(~_late())
    return rows.with_columns(level=pl.col("adj_close") / pl.col("close"))


def _bound(rows: pl.DataFrame) -> pl.DataFrame:
    """With what the level may be, `under` to `over`, for all that rounding did to it."""
    rows = rows.with_columns(
        decimals=count_decimals("close"), adjusted_decimals=count_decimals("adj_close")
    ).with_columns(adjusted=half_unit("adj_close", "adjusted_decimals"), given=half_unit("close", "decimals"))
    # A close with fewer decimals than what was made of it was not rounded; the first rows cannot tell.
    more = pl.col("decimals").cum_max() < pl.col("adjusted_decimals").cum_max()
    exact = (more & (pl.int_range(pl.len()) >= FEW)).over("ticker")
    rounded = FLOOR + pl.col("adjusted") + pl.when(exact).then(0.0).otherwise("given")
    rows = rows.select(*KEYS["bars"], "close", "level", slack=rounded)
    fall = (1 - pl.col("level") / pl.col("level").shift()).clip(0.0)
    rough = (fall > pl.col("slack") + pl.col("slack").shift()).over("ticker").fill_null(False)
    if (named := rows.filter(rough)["ticker"].unique()).len():
        # Actions lift the level; where it falls by more than rounding does, as often as it rises, that is its noise.
        tremble = fall.rolling_quantile(0.75, window_size=SESSIONS, min_samples=FEW).shift(fill_value=0.0)
        noisy = pl.col("rough").cum_max().shift(fill_value=False)
        wide = pl.when(noisy).then(pl.max_horizontal("slack", 2 * tremble.fill_null(0.0))).otherwise("slack")
        meant = pl.col("ticker").is_in(named.implode())
        trembling = rows.with_columns(rough=rough).filter(meant).with_columns(slack=wide.over("ticker"))
        rows = pl.concat([rows.filter(~meant), trembling.select(rows.columns)])
    return rows.with_columns(
        under=pl.col("level") * (1 - pl.col("slack")), over=pl.col("level") * (1 + pl.col("slack"))
    )


def _late() -> pl.Expr:
    """An adjusted close that repeats the one before to the last digit while the close moves has not come yet."""
    moved = (pl.col("close") / pl.col("close").shift() - 1).abs() > LATE
    return (moved & (pl.col("adj_close") == pl.col("adj_close").shift())).over("ticker").fill_null(False)


def _stands_once() -> pl.Expr:
    """Of rows in order."""
    return pl.all_horizontal(_differs(1), _differs(-1))


def _differs(by: int) -> pl.Expr:
    return pl.any_horizontal(pl.col(key).ne_missing(pl.col(key).shift(by)) for key in KEYS["bars"])


def _follow(rows: pl.DataFrame) -> Iterator[Action]:
    """The steps of one ticker. The level is known the better the longer it stands; what is told of each step makes
    good what rounding left of the one before, so that all of them together are as right as the last."""
    level, close = rows["level"], rows["close"]
    bounds = zip(rows["under"].to_list(), rows["over"].to_list(), strict=True)
    low, high, told, fallen_from = 0.0, math.inf, 0.0, 0.0
    for row, (under, over) in enumerate(bounds):
        if under <= low and over >= high:
            continue
        if under <= high and over >= low:
            low, high = max(low, under), min(high, over)
            continue
        told = told or (low + high) / 2
        step, fell = level[row] / told, over < low
        if step < 1 - LEAST_FALL if fell else step > 1:
            back = under <= fallen_from <= over  # what a fall took, as beside one wrong close, is no dividend
            fallen_from = told if fell else 0.0
            if back or not 1 < step <= 1 + SPLIT:
                step = _clean(step, (over - under + high - low) / (over + under))
                yield Action(row, 0.0, step)
            else:
                yield Action(row, round(close[row - 1] * (1 - 1 / step), 8), 1.0)
            told *= step
        low, high = under, over


def _clean(step: float, slack: float) -> float:
    """The ratio of small numbers that it is, as far as can be told; else itself."""
    near = Fraction(max(step, 1 / step)).limit_denominator(LARGEST_TERM)
    clean = float(near) if step > 1 else float(1 / near)
    return clean if abs(clean / step - 1) <= slack else step


def _name(rows: pl.DataFrame, actions: list[Action]) -> pl.DataFrame:
    schema = {"row": pl.Int64, "dividend": pl.Float64, "split": pl.Float64}
    said = pl.DataFrame(actions, schema=schema, orient="row")
    places = rows.select(KEYS["bars"])
    named = places[said["row"].to_list()] if actions else places.clear()
    return pl.concat([named, said.drop("row")], how="horizontal")
