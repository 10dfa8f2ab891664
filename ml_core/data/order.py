"""Whether rows stand in the order of their keys. Most do, and to look costs less than to sort them, or to look for keys
that stand twice."""

import polars as pl


def is_ordered(rows: pl.DataFrame) -> bool:
    """Whether each row comes after the one before it, by ticker and date; then none stands twice. A key that is missing
    has no place in the order."""
    ticker, date = pl.col("ticker"), pl.col("date")
    later = (ticker > ticker.shift()) | ((ticker == ticker.shift()) & (date > date.shift()))
    return bool(rows.select(later.slice(1).fill_null(False).all()).item())
