"""The date itself, as points on circles."""

import math

import polars as pl

from ml_core.features.declaration import feature

DAY = 2 * math.pi * pl.col("date").dt.weekday() / 5
MONTH = 2 * math.pi * pl.col("date").dt.month() / 12


@feature("date", scope="row")
def weekday_sine() -> pl.Expr:
    """Place in the week, first coordinate."""
    return DAY.sin()


@feature("date", scope="row")
def weekday_cosine() -> pl.Expr:
    """Place in the week, second coordinate."""
    return DAY.cos()


@feature("date", scope="row")
def month_sine() -> pl.Expr:
    """Place in the year, first coordinate."""
    return MONTH.sin()


@feature("date", scope="row")
def month_cosine() -> pl.Expr:
    """Place in the year, second coordinate."""
    return MONTH.cos()
