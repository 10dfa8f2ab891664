"""Sound bars, ways to spoil them, and what the checks found: what every test of checks starts from."""

import datetime as dt

import polars as pl

from ml_core.data.calendar import sessions_between
from ml_core.data.providers import Request, simulated
from ml_core.data.quality.judge import check_bars
from ml_core.frames import BARS

DATES = sessions_between("XNYS", dt.date(2022, 1, 3), dt.date(2023, 6, 30))
AT = 200


def simulate(tickers=("AAA",), sessions=372, **config) -> pl.DataFrame:
    config = simulated.Config(start=DATES[0], sessions=sessions, **config)
    request = Request(tickers, {}, "XNYS", None, None, dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
    return simulated.fetch(request, config).bars


def make_sound() -> pl.DataFrame:
    """One ticker without actions, as a source that knows of splits serves it."""
    bars = simulate()
    growth = (bars["close"] / bars["close"].shift(1)).log().fill_null(0).clip(-0.05, 0.05).cum_sum().exp()
    scale = 50 * growth / bars["close"]
    names = ["open", "high", "low", "close"]
    return bars.with_columns(
        *(pl.col(name) * scale for name in names),
        dividend=pl.lit(0.0),
        split=pl.lit(1.0),
        basis=pl.lit("split_adjusted"),
    )


def spoil(bars: pl.DataFrame, places, **values) -> pl.DataFrame:
    """The bars with columns changed at these places: to a value, or by a function of the column."""
    hit = pl.int_range(pl.len()).is_in(list(places))
    changes = {
        name: pl.when(hit)
        .then(value(pl.col(name)) if callable(value) else pl.lit(value, BARS[name]))
        .otherwise(pl.col(name))
        for name, value in values.items()
    }
    return bars.with_columns(**changes)


def times(factor: float, *names: str):
    return {name: lambda column: column * factor for name in (names or ("open", "high", "low", "close"))}


def repeated(sound: pl.DataFrame, times: int = 4) -> pl.DataFrame:
    """The bar at AT so many times more, volume included."""
    days = sound[AT + 1 : AT + 1 + times].select("date")
    again = sound[AT].drop("date").join(days, how="cross").select(sound.columns)
    return pl.concat([sound[: AT + 1], again, sound[AT + 1 + times :]])


def found(bars: pl.DataFrame, **options) -> dict[str, list[int]]:
    """By check, the places of the bars that it means."""
    places = {date: place for place, date in enumerate(bars["date"])}
    told = check_bars(bars, **options).findings
    return {name: [places[date] for date in rows["date"]] for (name,), rows in told.group_by("check")}
