"""Checks of bars by their dates: one that is missing, twice there, of no session, or shifted by a day."""

import polars as pl

from ml_core.data.quality.usual_moves import shifted, tickers_with
from ml_core.data.quality.verdicts import BarContext, Found, check
from ml_core.frames import is_ordered

KEY = ("ticker", "date")


@check("date", "quarantine", firm=True)
def date_missing(_bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The date or the ticker is missing."""
    return pl.col("date").is_null() | pl.col("ticker").is_null()


@check("date", "quarantine", firm=True)
def date_twice(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The date stands twice with different values."""
    return pl.lit(False) if is_ordered(bars) else pl.struct(KEY).is_duplicated()


@check("date", "quarantine")
def no_session(_bars: pl.DataFrame, scene: BarContext) -> Found:
    """The exchange had no session on this date."""
    if scene.sessions is None:
        return pl.lit(False)
    return ~pl.col("date").is_in(scene.sessions.implode())


@check("date", "quarantine")
def dates_shifted(bars: pl.DataFrame, scene: BarContext) -> Found:
    """The dates of this stretch are those of another day: week after week a day off has a bar and a session none."""
    if scene.sessions is None:
        return pl.lit(False)
    bars = tickers_with(bars, ~pl.col("date").is_in(scene.sessions.implode()))
    if bars.is_empty():
        return pl.lit(False)
    weeks = _weeks(bars, scene.sessions)
    sure = (_together(by, "odd", pl.col("odd"), "end") for by in (2, 1, -1, -2))
    weeks = weeks.with_columns(sure=pl.min_horizontal(sure))
    beside = (_together(by, "lacks", pl.col("sure").is_not_null(), "sure") for by in (1, -1))
    weeks = weeks.with_columns(known=pl.min_horizontal("sure", *beside))
    shifted = weeks.filter(pl.col("known").is_not_null()).select("ticker", "week", "known")
    dated = bars.select("ticker", "date", week=pl.col("date").dt.truncate("1w"))
    return dated.join(shifted, on=["ticker", "week"]).select("ticker", "date", "known")


def _weeks(bars: pl.DataFrame, sessions: pl.Series) -> pl.DataFrame:
    """Per ticker and week whose `end` a later bar shows: whether a day off has a bar, and whether a session lacks."""
    week = pl.col("date").dt.truncate("1w").alias("week")
    due = pl.DataFrame({"date": sessions}).group_by(week).agg(due=pl.len())
    held = bars.select("ticker", "date", session=pl.col("date").is_in(sessions.implode()))
    weeks = (
        held.filter(pl.col("date").is_not_null())
        .group_by("ticker", week)
        .agg(
            first=pl.col("date").min(),
            free=(~pl.col("session")).any(),
            held=pl.col("date").filter("session").n_unique(),
        )
        .sort("ticker", "week")
        .with_columns(end=pl.col("first").shift(-1).over("ticker"))
    )
    lacks = weeks.join(due, on="week", maintain_order="left").with_columns(
        lacks=pl.col("held") < pl.col("due")
    )
    return lacks.filter(pl.col("end").is_not_null()).with_columns(odd=pl.col("free") & pl.col("lacks"))


def _together(by: int, this: str, other: pl.Expr, told: str) -> pl.Expr:
    """Where this week and the one so many before it are such: when the later of the two was told."""
    at = pl.max_horizontal("end", pl.col(told).shift(by).over("ticker"))
    return pl.when(pl.col(this), other.shift(by).over("ticker")).then(at)


@check("row", "note")
def sessions_missing(bars: pl.DataFrame, scene: BarContext) -> Found:
    """Sessions are missing before this bar."""
    if scene.sessions is not None:
        numbers = {date: place for place, date in enumerate(scene.sessions)}
        place = pl.col("date").replace_strict(numbers, default=None, return_dtype=pl.Int64)
    else:
        dates = bars["date"].unique().sort()
        place = pl.col("date").replace_strict(dates, range(dates.len()), default=None, return_dtype=pl.Int64)
    return (place - shifted(place) > 1).fill_null(False)
