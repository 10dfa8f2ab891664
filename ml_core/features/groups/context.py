"""Series from outside the universe (`[data.context]`: VIX, yields, a user's own table), as known on each date."""

from collections.abc import Iterable

import polars as pl

from ml_core.features.declaration import Feature

PREFIX = "context_"
QUARTER = 60


def features_for(columns: Iterable[str]) -> list[Feature]:
    """What can be said of each context column: its changes, and where it stands against its last quarter."""
    return [
        feature
        for column in columns
        if column.startswith(PREFIX)
        for feature in (_change(column, 1), _change(column, 5), _gap(column))
    ]


def _change(column: str, window: int) -> Feature:
    return Feature(
        f"{column}_change_{window}",
        window,
        (column,),
        "ticker",
        lambda: pl.col(column).diff(window),
        "Change of the series over the window.",
    )


def _gap(column: str) -> Feature:
    value = pl.col(column)
    spread = value.rolling_std(QUARTER) + 1e-9
    return Feature(
        f"{column}_gap_{QUARTER}",
        QUARTER,
        (column,),
        "ticker",
        lambda: (value - value.rolling_mean(QUARTER)) / spread,
        "The series less its average of a quarter, in standard deviations.",
    )
