"""What the chart of one ticker shows: its prices, what was or would have been said of them before, and the forecast
with its range. The browser draws it (`serving/look/static/candles.js`); colours are named as in the page's sheet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import polars as pl

from ml_core.vocabulary.words import listed
from serving.earlier import EarlierForecasts
from serving.look.markup import steps
from serving.messages import HorizonForecast, SingleAnswer

FRIDAY = 5
SIDES = ("open", "high", "low", "close")


@dataclass(frozen=True)
class ChartLine:
    """`lower` and `upper`: the range around each value, where there is one."""

    name: str
    color: str
    days: Sequence[dt.date]
    values: Sequence[float]
    style: Literal["solid", "dotted"] = "solid"
    width: int = 1
    marked: bool = False
    lower: Sequence[float] | None = None
    upper: Sequence[float] | None = None


@dataclass(frozen=True)
class Band:
    """A range along its days; without a name it stands in no legend."""

    name: str
    color: str
    days: Sequence[dt.date]
    lower: Sequence[float]
    upper: Sequence[float]


@dataclass(frozen=True)
class Candles:
    """Bars in columns, what is drawn over and behind them, and the days `ahead` that are on the axis without a bar."""

    ticker: str
    days: Sequence[dt.date]
    columns: dict[str, list[float | None]]
    lines: list[ChartLine] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    ahead: Sequence[dt.date] = ()

    @property
    def whole(self) -> bool:
        """Whether there are bars, and not closes alone."""
        return any(None not in bar for bar in zip(*(self.columns[side] for side in SIDES), strict=True))

    def tell(self) -> dict[str, Any]:
        """As the browser reads it: dates as text."""
        told = {name: value for name, value in asdict(self).items() if name != "columns"}
        return _write_days({**told, **self.columns, "candles": self.whole})


def draw_outlook(
    history: pl.DataFrame,
    answer: SingleAnswer,
    *,
    days: int,
    ahead: int,
    earlier: EarlierForecasts | None = None,
) -> Candles:
    """Candles with moving averages and volume up to the forecast's day, then the forecast with its interval; behind the
    candles, what was or would have been said of each of those days before. Where the day is past, what came after it
    stands beside the forecast."""
    shown = history.filter(pl.col("date") > answer.as_of - dt.timedelta(days=days))
    before = shown.filter(pl.col("date") <= answer.as_of)
    path = [row for row in answer.forecasts if row.price is not None and row.horizon <= ahead]
    until = path[-1].date if path else answer.as_of
    after = shown.filter((pl.col("date") >= answer.as_of) & (pl.col("date") <= until))
    lines = [_average(before, 50, "warn"), _average(before, 200, "grey")]
    if after.height > 1:
        lines.append(_line("What came", "ink", after, "close", style="dotted", width=2))
    bands = [_draw_earlier(earlier, answer)] if earlier is not None and not earlier.rows.is_empty() else []
    if path:
        forecast = _draw_path(answer, path)
        lines.append(forecast)
        bands += [_around(forecast), *_inside(answer, path)]
    weekends = not shown.filter(pl.col("date").dt.weekday() > FRIDAY).is_empty()
    return Candles(
        ticker=answer.ticker,
        days=before["date"].to_list(),
        columns={name: before[name].to_list() for name in (*SIDES, "volume")},
        lines=[line for line in lines if line.days],
        bands=bands,
        ahead=_days_between(answer.as_of, until, weekends=weekends),
    )


def _average(rows: pl.DataFrame, span: int, color: str) -> ChartLine:
    return _line(f"{span}-day mean", color, rows, f"average_{span}")


def _line(name: str, color: str, rows: pl.DataFrame, column: str, **look: Any) -> ChartLine:
    known = rows.filter(pl.col(column).is_finite())
    return ChartLine(name, color, known["date"].to_list(), known[column].to_list(), **look)


def _draw_earlier(earlier: EarlierForecasts, answer: SingleAnswer) -> Band:
    """The range that was said so many steps before each day, or would have been, and how many days it held."""
    rows, ago = earlier.rows, f"{steps(earlier.horizon, answer.frequency)} before"
    told = [
        f"{words} {ago}: held {held} of {many}"
        for words, (held, many) in (
            ("Would have said", earlier.held(said=False)),
            ("Said", earlier.held(said=True)),
        )
        if many
    ]
    return Band(
        "; ".join([told[0], *map(str.lower, told[1:])]),
        "grey",
        rows["due"].to_list(),
        rows["lower"].to_list(),
        rows["upper"].to_list(),
    )


def _draw_path(answer: SingleAnswer, path: Sequence[HorizonForecast]) -> ChartLine:
    """From the last close on."""
    days = [answer.as_of, *(row.date for row in path)]
    price, lower, upper = (
        [answer.last_close, *(getattr(row, side) for row in path)]
        for side in ("price", "price_lower", "price_upper")
    )
    proven = all("level" in row.proven for row in path)
    levels = [f"{100 * level:.0f}" for level in (*_levels(path), answer.level)]
    name = f"{_named(answer, proven)}, {listed(levels)} % interval{'s' if len(levels) > 1 else ''}"
    color, style = ("green", "solid") if proven else ("grey", "dotted")
    return ChartLine(name, color, days, price, style=style, width=2, marked=True, lower=lower, upper=upper)


def _around(forecast: ChartLine) -> Band:
    return Band("", "green", forecast.days, forecast.lower or (), forecast.upper or ())


def _inside(answer: SingleAnswer, path: Sequence[HorizonForecast]) -> list[Band]:
    """The narrower ranges, the widest first: where they lie over each other it is darker."""
    days = [answer.as_of, *(row.date for row in path)]
    drawn = []
    for level in reversed(_levels(path)):
        ranges = [one for row in path for one in row.inner if one.level == level]
        lower, upper = (
            [answer.last_close, *(getattr(one, side) for one in ranges)]
            for side in ("price_lower", "price_upper")
        )
        drawn.append(Band("", "green", days, lower, upper))
    return drawn


def _levels(path: Sequence[HorizonForecast]) -> list[float]:
    """Of the narrower ranges, where each day has them."""
    return [one.level for one in path[0].inner] if all(row.inner for row in path) else []


def _named(answer: SingleAnswer, proven: bool) -> str:
    if not answer.says_direction:
        return "No direction"
    return "Forecast" if proven else "Forecast, mean not proven"


def _days_between(first: dt.date, last: dt.date, *, weekends: bool) -> list[dt.date]:
    """So that what lies ahead is as far away on the axis as in time."""
    days = (first + dt.timedelta(days=more) for more in range(1, (last - first).days + 1))
    return [day for day in days if weekends or day.isoweekday() <= FRIDAY]


def _write_days(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _write_days(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_write_days(inner) for inner in value]
    return value.isoformat() if isinstance(value, dt.date) else value
