"""Builds a table of any known features from prices, those of the regime among them."""

import numpy as np
import polars as pl

from ml_core.features.regimes import REGIME_FEATURES, SOURCE, Regimes, regime_columns
from ml_core.features.table import build_features


def build_known(prices: pl.DataFrame, names: tuple[str, ...], regimes: Regimes) -> pl.DataFrame:
    """The regime's features are made of the market's returns by date, under the parameters given."""
    asked = dict.fromkeys(SOURCE if name in REGIME_FEATURES else name for name in names)
    table = build_features(prices, tuple(asked)).table
    if spoken_of := [name for name in names if name in REGIME_FEATURES]:
        market = table.group_by("date").agg(pl.col(SOURCE).drop_nulls().first()).sort("date")
        return_T = market[SOURCE].cast(pl.Float64).fill_null(np.nan).to_numpy()
        told = market.select("date").with_columns(**regime_columns(regimes, return_T, spoken_of))
        table = table.join(told, on="date", how="left", maintain_order="left")
    return table.select("ticker", "date", *names)
