"""For every check of bars, sound bars with one defect that it must name: a check that is added is added here."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from ml_core.data.quality.settings import Quality
from tests.data.sound_bars import AT, spoil, times

PRICES = ("open", "high", "low", "close")
DAY = dt.date(2022, 10, 19)  # the date at AT


@dataclass(frozen=True)
class Planted:
    """How the bars are spoilt, the places that the check must name, and what the user says of them."""

    spoilt: Callable[[pl.DataFrame], pl.DataFrame]
    places: tuple[int, ...]
    quality: Quality = field(default_factory=Quality)


def changed(*places: int, **values) -> Planted:
    return Planted(lambda bars: spoil(bars, places, **values), places)


def before(factor: float, *, at: int = AT, **values) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """All prices before a place so many times as high; on that day also other values."""
    return lambda bars: spoil(spoil(bars, range(at), **times(factor)), [at], **values)


def paid(share: float, recorded: float, *places: int) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """The price falls by a share at AT, and this much of the price stands as the dividend of each place."""

    def plant(bars: pl.DataFrame) -> pl.DataFrame:
        fell = spoil(bars, range(AT), **times(1 / (1 - share)))
        return spoil(fell, places or [AT], dividend=float(fell["close"][AT - 1]) * recorded)

    return plant


def adjusted(plant: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """The same with an adjusted close that knows what happened: that of the sound bars."""
    return lambda bars: plant(bars).with_columns(adj_close=bars["close"])


def repeated(length: int, **values) -> Callable[[pl.DataFrame], pl.DataFrame]:
    def plant(bars: pl.DataFrame) -> pl.DataFrame:
        days = bars[AT + 1 : AT + 1 + length].select("date")
        again = bars[AT].drop("date").join(days, how="cross").select(bars.columns)
        return spoil(
            pl.concat([bars[: AT + 1], again, bars[AT + 1 + length :]]), range(AT, AT + length + 1), **values
        )

    return plant


def beside(bars: pl.DataFrame) -> pl.DataFrame:
    """Closes that have often been a little beside the range."""
    return spoil(bars, range(60, 372, 10), close=lambda _: pl.max_horizontal("high", "close") * 1.005)


def shifted(bars: pl.DataFrame) -> pl.DataFrame:
    """Thirty bars dated a day late."""
    hit = pl.int_range(pl.len()).is_between(AT, AT + 29)
    date = pl.when(hit).then(pl.col("date") + dt.timedelta(days=1)).otherwise("date")
    return bars.with_columns(date=date).unique("date", keep="first").sort("date")


def tiny(bars: pl.DataFrame) -> pl.DataFrame:
    """A dividend of 4 % now and then, each recorded at a hundredth."""
    for at in range(40, 372, 60):
        bars = spoil(bars, range(at), **times(1 / 0.96))
        bars = spoil(bars, [at], dividend=float(bars["close"][at - 1]) * 0.0004)
    return bars


def twice(bars: pl.DataFrame) -> pl.DataFrame:
    second = spoil(bars, [AT], **times(1.01))[AT]
    return pl.concat([bars, second]).sort("date", maintain_order=True)


def holiday(bars: pl.DataFrame) -> pl.DataFrame:
    saturday = bars[AT].with_columns(date=pl.lit(dt.date(2022, 10, 22)))
    return pl.concat([bars, saturday]).sort("date")


def without_date(bars: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([bars, bars[AT].with_columns(date=pl.lit(None, pl.Date))])


def two_series(bars: pl.DataFrame) -> pl.DataFrame:
    return spoil(
        bars, [place for start in range(20, 360, 12) for place in range(start, start + 4)], **times(0.001)
    )


def traded(at: int) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Prices as traded that fall by four at AT, and a split of it recorded at a place."""

    def plant(bars: pl.DataFrame) -> pl.DataFrame:
        return spoil(
            spoil(bars.with_columns(basis=pl.lit("traded")), range(AT), **times(4.0)), [at], split=4.0
        )

    return plant


def left_by_split(bars: pl.DataFrame) -> pl.DataFrame:
    """Nine bars near a split on the other side of it, volume included."""
    other = times(4.0) | {"volume": lambda volume: volume / 4}
    return spoil(spoil(bars, [AT], split=4.0), range(AT - 12, AT - 3), **other)


def both(bars: pl.DataFrame) -> pl.DataFrame:
    """A reverse split and a dividend which explain the same fall."""
    fell = spoil(bars, range(AT), **times(1 / 0.76))
    return spoil(fell, [AT], split=0.76, dividend=float(fell["close"][AT - 1]) * 0.24)


def untouched(bars: pl.DataFrame) -> pl.DataFrame:
    return bars


ALL = tuple(range(372))
EVERY: dict[str, Planted] = {
    "refused_by_you": Planted(untouched, (AT,), Quality(refuse=(f"AAA {DAY}",))),
    "split_by_you": Planted(before(2.4), (AT,), Quality(split=(f"AAA {DAY} 2.4",))),
    "not_finite": changed(AT, high=float("inf")),
    "adjusted_close_unusable": changed(AT, adj_close=-3.0),
    "action_impossible": changed(AT, dividend=-1.0),
    "close_missing": changed(AT, close=None),
    "not_positive": changed(AT, low=0.0),
    "negative_volume": changed(AT, volume=-5.0),
    "high_below_low": changed(AT, high=lambda high: high * 0.5),
    "close_outside_range": changed(AT, **times(1.15, "close")),
    "price_missing": changed(AT, open=None),
    "close_beside_range": Planted(beside, tuple(range(60, 372, 10))),
    "open_outside_range": changed(AT, **times(1.5, "open")),
    "spike": changed(AT, **times(3.0, "high")),
    "date_missing": Planted(without_date, ()),
    "date_twice": Planted(twice, (AT, AT + 1)),
    "no_session": Planted(holiday, ()),
    "dates_shifted": Planted(shifted, ()),
    "sessions_missing": Planted(lambda bars: bars.filter(pl.int_range(pl.len()) != AT), (AT,)),
    "unit_unclear": Planted(two_series, ALL),
    "wrong_unit": changed(*range(AT, AT + 9), **times(100.0)),
    "split_beside": Planted(left_by_split, tuple(range(AT - 12, AT - 3))),
    "split_not_in_prices": Planted(before(4.0, split=4.0), (AT,)),
    "split_misplaced": Planted(traded(AT + 3), (AT,)),
    "split_in_prices": Planted(traded(AT + 3), (AT + 3,)),
    "split_or_dividend": Planted(both, (AT,)),
    "dividend_missing": Planted(adjusted(before(1 / 0.9)), (AT,)),
    "split_missing": Planted(adjusted(before(3.0)), (AT,)),
    "dividend_denied": Planted(adjusted(paid(0.1, 0.2)), (AT,)),
    "dividend_unit": Planted(tiny, tuple(range(40, 372, 60))),
    "dividend_twice": Planted(paid(0.08, 0.08, AT, AT + 1), (AT + 1,)),
    "dividend_impossible": Planted(paid(0.0, 1.2), (AT,), Quality(skip=("dividend_unit",))),
    "dividend_doubted": Planted(paid(0.0, 0.12), (AT,)),
    "adjusted_close_disagrees": Planted(
        lambda bars: paid(0.03, 0.03)(bars).with_columns(adj_close=pl.col("close")), (AT,)
    ),
    "stale": Planted(repeated(4), tuple(range(AT + 1, AT + 5))),
    "repeats": Planted(repeated(4, volume=None), tuple(range(AT + 1, AT + 5))),
    "nothing_traded": changed(*range(AT, AT + 6), volume=0.0),
    "unexplained_jump": Planted(before(2.0), (AT,)),
    "comes_back": changed(AT, **times(1.35)),
    "bar_apart": changed(AT, **times(1.12)),
}  # fmt: skip
