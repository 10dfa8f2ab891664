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
