"""What the states of the market are fitted on; what is known of them follows in `features/regimes.py`."""

import polars as pl

from ml_core.features.declaration import feature, peers


@feature("momentum_1", scope="date")
def regime_return() -> pl.Expr:
    """The market's return: the mean of the date's tickers."""
    return peers("momentum_1").mean()
