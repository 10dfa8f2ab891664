"""Plants one defect in sound bars of one ticker, and keeps what they truly are beside it.

`DEFECTS` and `SOUND` name plants, each `plant(rows, at)`: `rows` are BARS of one ticker in order, `at` is its start.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

PRICES = ("open", "high", "low", "close")
PLACE = pl.int_range(pl.len())


@dataclass(frozen=True)
class Planted:
    """`given` is what a source would serve, `dates` the bars that must be named, `truth` the bars without defect."""

    given: pl.DataFrame
    dates: list[dt.date]
    truth: pl.DataFrame


Plant = Callable[[pl.DataFrame, int], Planted]
Value = pl.Expr | float | None


def scaled(factor: float, length: int = 1, *names: str) -> Plant:
    """A stretch whose prices are so many times what they are."""
    return changed(length, **{name: pl.col(name) * factor for name in names or (*PRICES, "adj_close")})


def changed(length: int = 1, **values: Value) -> Plant:
    """A stretch with columns that hold something else."""

    def plant(rows: pl.DataFrame, at: int) -> Planted:
        given = rows.with_columns(_over(_stretch(at, length), **values))
        return Planted(given, rows["date"][at : at + length].to_list(), rows)

    return plant


def unit_until(factor: float) -> Plant:
    """All prices before a day in another unit."""
    return lambda rows, at: scaled(factor, at)(rows, 0)


def unrecorded(ratio: float) -> Plant:
    """A split that nothing records: the bar after it is to be named."""

    def plant(rows: pl.DataFrame, at: int) -> Planted:
        return Planted(_earlier(rows, at, ratio), [rows["date"][at]], rows)

    return plant


def recorded(ratio: float, *, prices: float) -> Plant:
    """A recorded split which the prices before it are not free of (the ratio), or twice (its inverse)."""

    def plant(rows: pl.DataFrame, at: int) -> Planted:
        given = _earlier(rows, at, prices).with_columns(_over(PLACE.eq(at), split=ratio))
        return Planted(given, rows["date"][:at].to_list() if prices != 1 else [], rows)

    return plant


def traded(ratio: float, *, late: int = 0, shown: bool = True) -> Plant:
    """Prices as traded, with a split recorded some sessions late (or early), or one that they do not show."""

    def plant(rows: pl.DataFrame, at: int) -> Planted:
        prices = _earlier(rows, at, ratio) if shown else rows
        given = prices.with_columns(pl.lit("traded").alias("basis"), *_over(PLACE.eq(at + late), split=ratio))
        between = rows["date"][min(at, at + late) : max(at, at + late)].to_list()
        return Planted(given, between if shown else [rows["date"][at]], rows)

    return plant


def paid(share: float, *, times: float = 1.0, falls: bool = True) -> Plant:
    """A dividend of this share of the price, recorded so many times; the price falls by it, or does not."""

    def plant(rows: pl.DataFrame, at: int) -> Planted:
        fell = rows
        if falls:
            lifted = {name: pl.col(name) / (1 - share) for name in (*PRICES, "dividend")}
            fell = rows.with_columns(_over(at > PLACE, **lifted))
        amount = float(fell["close"][at - 1]) * share
        truth = fell.with_columns(_over(PLACE.eq(at), dividend=amount if falls else 0.0))
        given = fell.with_columns(_over(PLACE.eq(at), dividend=amount * times))
        return Planted(given, [] if given.equals(truth) else [rows["date"][at]], truth)

    return plant


def stale(length: int, **values: Value) -> Plant:
    """Bars that repeat the prices of the one before them."""

    def plant(rows: pl.DataFrame, at: int) -> Planted:
        last: dict[str, Value] = {name: float(rows[name][at - 1]) for name in PRICES}
        return changed(length, **last, **values)(rows, at)

    return plant


def cut_after(plant: Plant) -> Plant:
    """The same with nothing after it: the newest bar."""

    def cut(rows: pl.DataFrame, at: int) -> Planted:
        return plant(rows.head(at + 1), at)

    return cut


def weekend(rows: pl.DataFrame, at: int) -> Planted:
    """A bar of a Saturday."""
    friday = rows.slice(at).filter(pl.col("date").dt.weekday() == 5).head(1)
    extra = friday.with_columns(pl.col("date") + dt.timedelta(days=1), pl.col("close") * 1.002)
    return Planted(pl.concat([rows, extra]).sort("date"), extra["date"].to_list(), rows)


def conflicting(rows: pl.DataFrame, at: int) -> Planted:
    """A date that stands twice, with different values."""
    second = rows.slice(at, 1).with_columns(pl.col(name) * 1.01 for name in PRICES)
    return Planted(pl.concat([rows, second]).sort("date"), [rows["date"][at]], rows)


def missing(length: int) -> Plant:
    """Sessions that are not there: the bar after them is the one that can be named."""

    def plant(rows: pl.DataFrame, at: int) -> Planted:
        return Planted(rows.filter(~_stretch(at, length)), [rows["date"][at + length]], rows)

    return plant


def every_second(rows: pl.DataFrame, at: int) -> Planted:
    """From a day on only every second bar is there."""
    kept = rows.filter((at > PLACE) | (at % 2 == PLACE % 2))
    return Planted(kept, kept["date"][at + 1 :].to_list(), rows)


def shifted(days: int, length: int) -> Plant:
    """A stretch dated some days off, as by a wrong zone."""

    def plant(rows: pl.DataFrame, at: int) -> Planted:
        hit = _stretch(at if length < rows.height else 0, length)
        date = pl.when(hit).then(pl.col("date") + dt.timedelta(days=days)).otherwise("date").alias("date")
        given = rows.with_columns(date)
        return Planted(given.sort("date"), given.filter(hit)["date"].to_list(), rows)

    return plant


def crash(rows: pl.DataFrame, at: int) -> Planted:
    """A fall of 30 % on which everybody trades."""
    fell = scaled(1 / 0.7, at)(rows, 0).given.with_columns(_over(PLACE.eq(at), volume=pl.col("volume") * 12))
    return Planted(fell, [], fell)


def _over(places: pl.Expr, **values: Value) -> list[pl.Expr]:
    """Columns changed at these places only."""
    return [
        pl.when(places)
        .then(value if isinstance(value, pl.Expr) else pl.lit(value, pl.Float64))
        .otherwise(pl.col(name))
        .alias(name)
        for name, value in values.items()
    ]


def _earlier(rows: pl.DataFrame, at: int, factor: float) -> pl.DataFrame:
    """All that is counted per share, or in shares, before a day."""
    values = {name: pl.col(name) * factor for name in (*PRICES, "adj_close", "dividend")}
    return rows.with_columns(_over(at > PLACE, **values, volume=pl.col("volume") / factor))


def _stretch(at: int, length: int) -> pl.Expr:
    return PLACE.is_between(at, at + length - 1)


CLOSE, HIGH, LOW, VOLUME = (pl.col(name) for name in ("close", "high", "low", "volume"))
DEFECTS: dict[str, Plant] = {
    "unit x 100, one bar": scaled(100),
    "unit ÷ 100, one bar": scaled(0.01),
    "unit x 100, eight bars": scaled(100, 8),
    "unit x 100, 150 bars (pence for pounds)": scaled(100, 150),
    "unit ÷ 100, all bars before a day": unit_until(0.01),
    "unit x 100, the newest bar": cut_after(scaled(100)),
    "decimal point x 10, one bar": scaled(10),
    "decimal point ÷ 10, eight bars": scaled(0.1, 8),
    "decimal point x 10, 150 bars": scaled(10, 150),
    "twice the basis, five bars": scaled(2, 5),
    "twice the basis, 40 bars": scaled(2, 40),
    "one bar 30 % higher": scaled(1.3),
    "one bar 30 % lower": scaled(0.7),
    "one bar 10 % higher": scaled(1.1),
    "one bar 8 % lower": scaled(0.92),
    "one bar 30 % lower, the newest": cut_after(scaled(0.7)),
    "five bars 15 % higher": scaled(1.15, 5),
    "close 10 % higher, the rest right": scaled(1.1, 1, "close"),
    "open x 10, the rest right": scaled(10, 1, "open"),
    "high x 10, the rest right": scaled(10, 1, "high"),
    "high x 1.5, the rest right": scaled(1.5, 1, "high"),
    "high and low swapped": changed(high=LOW, low=HIGH),
    "close and volume swapped": changed(close=VOLUME, volume=CLOSE),
    "price of zero": changed(open=0.0, high=0.0, low=0.0, close=0.0),
    "close negative": scaled(-1, 1, "close"),
    "volume x 1000, one bar": scaled(1000, 1, "volume"),
    "volume 0, 30 bars": changed(30, volume=0.0),
    "stale, four bars, own volume": stale(4),
    "stale, four bars, volume 0": stale(4, volume=0.0),
    "stale, 20 bars": stale(20),
    "stale, one bar": stale(1),
    "Saturday": weekend,
    "date twice": conflicting,
    "five sessions missing": missing(5),
    "every second bar missing": every_second,
    "dates a day late, all": shifted(1, 10**6),
    "dates a day early, all": shifted(-1, 10**6),
    "dates a day late, 30 bars": shifted(1, 30),
    "split 2:1 unrecorded": unrecorded(2),
    "split 3:2 unrecorded": unrecorded(1.5),
    "split 4:1 unrecorded": unrecorded(4),
    "split 7:1 unrecorded": unrecorded(7),
    "split 1:10 unrecorded": unrecorded(0.1),
    "spin-off of 30 % unrecorded": unrecorded(1 / 0.7),
    "spin-off of 15 % unrecorded": unrecorded(1 / 0.85),
    "split 4:1 recorded, not in the prices": recorded(4, prices=4),
    "split 4:1 recorded, twice in the prices": recorded(4, prices=0.25),
    "split 1:8 recorded, not in the prices": recorded(0.125, prices=0.125),
    "traded prices, split 4:1 a day late": traded(4, late=1),
    "traded prices, split 4:1 three days early": traded(4, late=-3),
    "traded prices, split 4:1 not in them": traded(4, shown=False),
    "dividend of 0.6 % recorded x 100": paid(0.006, times=100),
    "dividend of 0.6 % recorded ÷ 100": paid(0.006, times=0.01),
    "dividend of 10 % recorded, not paid": paid(0.10, falls=False),
    "dividend of 10 % recorded twice as large": paid(0.10, times=2),
    "dividend of 10 % unrecorded": paid(0.10, times=0),
    "dividend of 10 % unrecorded, adjusted close knows it": paid(0.10, times=0),
    "dividend of 10 % twice as large, adjusted close right": paid(0.10, times=2),
    "adjusted close 10 % lower, one bar": changed(adj_close=pl.col("adj_close") * 0.9),
}
SOUND: dict[str, Plant] = {
    "split 4:1, recorded and in the prices": recorded(4, prices=1),
    "split 4:1, prices as traded": traded(4),
    "dividend of 10 %, recorded and paid": paid(0.10),
    "dividend of 30 %, with its adjusted close": paid(0.30),
    "crash of 30 % with volume x 12": crash,
}
