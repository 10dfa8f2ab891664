"""From forecasts to weights. In: FORECAST or SCORED rows. Out: POSITIONS, from each date's own rows only."""

import polars as pl

from ml_core.errors import InvalidData
from ml_core.experiment import Strategy
from ml_core.frames import POSITIONS, conform

CROSS_SECTION = 5  # tickers from which `auto` ranks them against one another


def build_positions(forecast: pl.DataFrame, strategy: Strategy, *, horizon: int) -> pl.DataFrame:
    """A weight for every ticker and date of that horizon; zeros stand there too, so a date without a view
    closes what was held."""
    rows = forecast.filter(pl.col("horizon") == horizon).rename({"as_of": "date"})
    rows = rows.filter(pl.col("mean").is_not_null() & pl.col("mean").is_not_nan())
    if not rows.height:
        raise InvalidData(f"positions: no forecast at horizon {horizon}; they have {_horizons(forecast)}")
    weight = _single() if strategy_kind(forecast, strategy) == "single" else _long_short(strategy.quantile)
    if "scale" not in rows.columns:
        rows = rows.with_columns(scale=pl.lit(None, pl.Float64))
    return conform(rows.with_columns(weight=weight), POSITIONS, "positions").sort("date", "ticker")


def strategy_kind(forecast: pl.DataFrame, strategy: Strategy) -> str:
    """What `auto` means for these tickers: one against the others, or each by itself."""
    if strategy.kind != "auto":
        return strategy.kind
    return "long_short" if forecast["ticker"].n_unique() >= CROSS_SECTION else "single"


def _long_short(quantile: float) -> pl.Expr:
    """Half the equity long in equal parts of the best `quantile`, half short in the worst. A date whose
    forecasts are all alike ranks nothing: no position. Equal forecasts are taken in the order of tickers."""
    count = pl.len().over("date")
    names = (count * quantile + 1e-9).floor().clip(lower_bound=1)
    rank = pl.struct("mean", "ticker").rank("ordinal").over("date")
    side = (rank > count - names).cast(pl.Float64) - (rank <= names).cast(pl.Float64)
    flat = pl.col("mean").max().over("date") == pl.col("mean").min().over("date")
    return pl.when(flat | (count < 2)).then(0.0).otherwise(0.5 * side / names)


def _single() -> pl.Expr:
    """Each ticker by its own forecast in units of its scale, -1 to 1, in an equal share of the equity."""
    conviction = (pl.col("mean") / pl.col("scale")).tanh()
    return pl.when(pl.col("scale") > 0).then(conviction).otherwise(0.0) / pl.len().over("date")


def _horizons(forecast: pl.DataFrame) -> str:
    return ", ".join(str(horizon) for horizon in forecast["horizon"].unique().sort()) or "no rows"
