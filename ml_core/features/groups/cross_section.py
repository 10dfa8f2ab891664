"""How a ticker stands among the others on the same date."""

import polars as pl

from ml_core.features.declaration import feature


def _centred_rank(column: str) -> pl.Expr:
    ranked = pl.col(column)
    return (ranked.rank("average") - 0.5) / ranked.count() - 0.5


@feature("momentum_{window}", windows=(5, 20, 60), scope="date")
def momentum_rank(window: int) -> pl.Expr:
    """Rank of the momentum among the date's tickers, from -0.5 to 0.5."""
    return _centred_rank(f"momentum_{window}")


@feature("volatility_{window}", windows=(20,), scope="date")
def volatility_rank(window: int) -> pl.Expr:
    """Rank of the volatility among the date's tickers."""
    return _centred_rank(f"volatility_{window}")


@feature("shock", scope="date", history=250)
def relative_shock() -> pl.Expr:
    """Today's shock less the average shock of the date's tickers."""
    return pl.col("shock") - pl.col("shock").mean()


@feature("relative_shock", windows=(10, 20, 40), history=540)
def relative_drift(window: int) -> pl.Expr:
    """Exponential average of the relative shocks: momentum that the market does not share."""
    return pl.col("relative_shock").ewm_mean(span=window, min_samples=window, ignore_nulls=True)
