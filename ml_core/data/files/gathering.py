"""Makes one bar a session of rows that hold one or several moments a date, and says what was left out or looks odd."""

from typing import NamedTuple

import polars as pl

UNITS = 3  # a unit is wrong by 10, 100 or 1000
CLEAN = 0.05  # log10: as much as prices move beside it
WITHIN = 2.0  # high over low of a row that is whole in itself
PRICES = ("open", "high", "low", "close")
DAY = ("ticker", "date")


class Gathered(NamedTuple):
    """`repeats`: rows that stood there twice to the last digit, by ticker; `sessions`: bars of several rows."""

    bars: pl.DataFrame
    repeats: dict[str, int]
    sessions: int
    odd: list[str]


def gather_sessions(table: pl.DataFrame) -> Gathered:
    """A row that is there twice is one; several moments of a date become its bar; two different rows of one moment
    stay two."""
    table = _sort(table)
    several = _several()
    if not table.select(several.any()).item():
        return Gathered(table.drop("moment"), {}, 0, [])
    alone, given = table.filter(~several), table.filter(several)
    once = given.unique(maintain_order=True)
    left = once.group_by("ticker").len().rename({"len": "left"})
    counts = given.group_by("ticker").len().join(left, on="ticker").sort("ticker")
    repeats = {ticker: count - kept for ticker, count, kept in counts.iter_rows() if count > kept}
    moments = pl.col("moment").n_unique().over(DAY)
    within = once.filter(moments > 1)
    if within.is_empty():
        return Gathered(
            pl.concat([alone, once]).drop("moment").sort(DAY, maintain_order=True), repeats, 0, []
        )
    bars, odd = _gather(within)
    parts = [part.drop("moment") for part in (alone, once.filter(moments == 1))]
    together = pl.concat([*parts, bars.select(parts[0].columns)]).sort(DAY, maintain_order=True)
    return Gathered(together, repeats, bars.height, odd)


def _sort(table: pl.DataFrame) -> pl.DataFrame:
    """Most files are in order: to look costs less than to sort them."""
    ticker, date = (pl.col(key) for key in DAY)
    later = (ticker > ticker.shift()) | ((ticker == ticker.shift()) & (date >= date.shift()))
    return table if table.select(later.all()).item() else table.sort(DAY, maintain_order=True)


def _several() -> pl.Expr:
    """Of rows in order: whether the one before or after is of the same ticker and date."""
    same = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift()) for key in DAY).fill_null(False)
    first = pl.int_range(pl.len()) == 0  # a null before it is none
    again = same & ~first
    return again | again.shift(-1, fill_value=False)


def _gather(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    moment = pl.col("moment")
    if rows["moment"].dtype == pl.String:  # 9:30 comes before 10:30
        moment = moment.str.replace(r"(^|[ T])(\d:)", "${1}0${2}")
    rows = rows.with_columns(order=moment).sort("ticker", "date", "order").drop("order")
    lost = _in_another_unit()
    told = rows.with_columns(unit=_unit(pl.col("close"), pl.col("close").shift()).over("ticker")).filter(lost)
    odd = [
        f"{ticker} {moment}: all prices are {10.0**unit:g} times those of the rows around it; left out of the day"
        for ticker, moment, unit in told.select("ticker", "moment", "unit").iter_rows()
    ]
    rows = rows.with_columns(pl.when(~lost).then(pl.col(name)).alias(name) for name in (*PRICES, "adj_close"))
    highest, lowest = pl.col("close").max(), pl.col("close").min()
    days = rows.group_by(DAY, maintain_order=True).agg(*_bar(), _unit(highest, lowest).alias("unit"))
    odd += [
        f"{ticker} {date}: closes within the day are {10.0**unit:g} times one another; its bar is as they came"
        for ticker, date, unit in days.filter(pl.col("unit") > 0).select(*DAY, "unit").iter_rows()
    ]
    return days.drop("unit"), odd


def _bar() -> list[pl.Expr]:
    summed = [
        pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)
        for name in ("volume", "dividend")
    ]
    return [
        pl.col("open").drop_nulls().first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close", "adj_close").drop_nulls().last(),
        *summed,
        pl.when(pl.col("split").is_not_null().any()).then(pl.col("split").drop_nulls().product()),
    ]


def _in_another_unit() -> pl.Expr:
    """A whole row 10, 100 or 1000 times off the row before it and the next of its day, which agree: the price did not
    move there and back by just that. The last row of a day has none after it: a fall may be true, and stays."""
    close = pl.col("close")
    before, after = _unit(close, close.shift()), _unit(close, close.shift(-1))
    same_day = pl.col("date") == pl.col("date").shift(-1)
    prices = [pl.col(name) for name in PRICES]
    whole = pl.max_horizontal(prices) < WITHIN * pl.min_horizontal(prices)
    off_unit = (before == after) & same_day & whole
    return off_unit.over("ticker").fill_null(False)


def _unit(close: pl.Expr, other: pl.Expr) -> pl.Expr:
    """The power of ten that parts them, null where none does."""
    apart = (close / other).log10()
    unit = apart.round()
    return pl.when(unit.abs().is_between(1, UNITS) & ((apart - unit).abs() < CLEAN)).then(unit)
