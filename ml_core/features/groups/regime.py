"""The returns that the market's regimes are fitted on; `features/regimes.py` fits them and tells each day's."""

import polars as pl

from ml_core.features.declaration import feature, peers


@feature("momentum_1", scope="date")
def regime_return() -> pl.Expr:
    """The market's return: the mean of the date's tickers."""
    return peers("momentum_1").mean()
