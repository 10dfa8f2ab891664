"""Lays every interval that was told in time beside its outcome: what the checks of coverage look at."""

from __future__ import annotations

import polars as pl

from ml_core.data.store.forecasts import read_forecast
from ml_core.live.outcomes import build_outcomes
from ml_core.monitoring.scene import WatchScene
from ml_core.registry.seats import ANSWERING

KEY = ["ticker", "as_of", "horizon"]
INSIDE = {"ticker": pl.String, "as_of": pl.Date, "horizon": pl.Int32, "inside": pl.Boolean}


def read_inside(scene: WatchScene) -> pl.DataFrame:
    """INSIDE, by horizon, date and ticker: of all that was answered before it could be known, by whoever answered then,
    and whose outcome has come."""
    said = read_forecast(scene.order.home, scene.order.name).filter(
        pl.col("live"), ~pl.col("in_sample"), pl.col("seat").is_in(ANSWERING), pl.col("lower").is_not_null()
    )
    youngest = pl.col("version").cast(pl.Int64, strict=False).fill_null(-1)
    said = said.sort(youngest, descending=True).unique(KEY, keep="first")
    horizons = tuple(said["horizon"].unique().to_list())
    if not horizons:
        return pl.DataFrame(schema=INSIDE)
    came = build_outcomes(scene.order.experiment, scene.prices, horizons).filter(
        pl.col("realized").is_not_nan()
    )
    inside = pl.col("realized").is_between(pl.col("lower"), pl.col("upper"))
    return (
        said.join(came, on=KEY, how="inner")
        .with_columns(inside.alias("inside"))
        .select(list(INSIDE))
        .sort("horizon", "as_of", "ticker")
    )
