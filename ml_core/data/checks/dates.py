"""What can be said of a bar by its date."""

import polars as pl

from ml_core.data.verdicts import Found, Scene, check

KEY = ("ticker", "date")


@check("date", "quarantine")
def date_missing(_bars: pl.DataFrame, _scene: Scene) -> Found:
    """The date or the ticker is missing."""
    return pl.col("date").is_null() | pl.col("ticker").is_null()


@check("date", "quarantine")
def date_twice(_bars: pl.DataFrame, _scene: Scene) -> Found:
    """The date stands twice with different values."""
    return pl.struct(KEY).is_duplicated()


@check("date", "quarantine")
def no_session(_bars: pl.DataFrame, scene: Scene) -> Found:
    """The exchange had no session on this date."""
    if scene.sessions is None:
        return pl.lit(False)
    return ~pl.col("date").is_in(scene.sessions.implode())


@check("date", "quarantine")
def dates_shifted(bars: pl.DataFrame, scene: Scene) -> Found:
    """The dates of this stretch are those of another day: week after week a day off has a bar and a session none."""
    if scene.sessions is None:
        return pl.lit(False)
    week = pl.col("date").dt.truncate("1w")
    due = pl.DataFrame({"date": scene.sessions}).group_by(week.alias("week")).agg(due=pl.len())
    session = pl.col("date").is_in(scene.sessions.implode())
    weeks = (
        bars.filter(pl.col("date").is_not_null())
        .group_by("ticker", week.alias("week"))
        .agg(free=(~session).any(), held=pl.col("date").filter(session).n_unique())
        .join(due, on="week")
        .sort("ticker", "week")
        .with_columns(lacks=pl.col("held") < pl.col("due"))
        .with_columns(odd=pl.col("free") & pl.col("lacks"))
    )
    odd_near = pl.any_horizontal(_week("odd", by) for by in (2, 1, -1, -2))
    weeks = weeks.with_columns(sure=pl.col("odd") & odd_near)
    hit = pl.col("sure") | (pl.col("lacks") & (_week("sure", 1) | _week("sure", -1)))
    shifted = weeks.filter(hit).select("ticker", "week")
    return bars.with_columns(week=week).join(shifted, on=["ticker", "week"]).select("ticker", "date")


def _week(name: str, by: int) -> pl.Expr:
    """The value of so many weeks before."""
    return pl.col(name).shift(by).over("ticker").fill_null(False)


@check("row", "note")
def sessions_missing(bars: pl.DataFrame, scene: Scene) -> Found:
    """Sessions are missing before this bar."""
    if scene.sessions is not None:
        numbers = {date: place for place, date in enumerate(scene.sessions)}
        place = pl.col("date").replace_strict(numbers, default=None, return_dtype=pl.Int64)
    else:
        dates = bars["date"].unique().sort()
        place = pl.col("date").replace_strict(dates, range(dates.len()), default=None, return_dtype=pl.Int64)
    return (place.diff().over("ticker") > 1).fill_null(False)
