"""Bars as a provider gave them in; sound bars and the refused ones with the reason out."""

import polars as pl

from ml_core.frames import BARS, KEYS, conform

PRICE_COLUMNS = ("open", "high", "low", "close")


def check_bars(bars: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(accepted, quarantined with a `reason`). A price of a column that the source does not have is no fault."""
    rows = conform(bars, BARS, "bars").with_columns(
        pl.when(pl.col(name).is_finite()).then(pl.col(name)) for name in (*PRICE_COLUMNS, "volume")
    )
    low, high = pl.col("low"), pl.col("high")
    faults = [
        ("close missing or not a number", pl.col("close").is_null()),
        (
            "price not positive",
            pl.any_horizontal((pl.col(name) <= 0).fill_null(False) for name in PRICE_COLUMNS),
        ),
        ("high below low", (high < low).fill_null(False)),
        ("negative volume", (pl.col("volume") < 0).fill_null(False)),
        ("date given more than once", pl.struct(KEYS["bars"]).is_duplicated()),
    ]
    reason = pl.coalesce([pl.when(fault).then(pl.lit(name)) for name, fault in faults])
    judged = rows.with_columns(reason=reason)
    refused = judged.filter(pl.col("reason").is_not_null())
    return judged.filter(pl.col("reason").is_null()).select(list(BARS)), refused
