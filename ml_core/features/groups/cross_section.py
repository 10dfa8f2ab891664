"""How a ticker stands among the others on the same date, and among those of its sector where one is known."""

import polars as pl

from ml_core.features.declaration import feature, peers


def _centred_rank(column: str) -> pl.Expr:
    """Of one that is not among them that day: in the middle."""
    ranked = peers(column)
    rank = (ranked.rank("average") - 0.5) / ranked.count() - 0.5
    return pl.when(ranked.is_null() & pl.col(column).is_not_null()).then(0.0).otherwise(rank)


def _gap(column: str) -> pl.Expr:
    return pl.col(column) - peers(column).mean()


@feature("momentum_{window}", windows=(5, 20, 60, 120), history=0, scope="date")
def momentum_rank(window: int) -> pl.Expr:
    """Rank of the momentum among the date's tickers, from -0.5 to 0.5."""
    return _centred_rank(f"momentum_{window}")


@feature("volatility_{window}", windows=(20,), history=0, scope="date")
def volatility_rank(window: int) -> pl.Expr:
    """Rank of the volatility among the date's tickers."""
    return _centred_rank(f"volatility_{window}")


@feature("volume_surprise_{window}", windows=(20,), history=0, scope="date")
def volume_rank(window: int) -> pl.Expr:
    """Rank of the unusual volume among the date's tickers."""
    return _centred_rank(f"volume_surprise_{window}")


@feature("high_gap_{window}", windows=(250,), history=0, scope="date")
def high_gap_rank(window: int) -> pl.Expr:
    """Rank of the distance from the year's high among the date's tickers."""
    return _centred_rank(f"high_gap_{window}")


@feature("momentum_{window}", windows=(1, 5, 20, 60), history=0, scope="date")
def relative_momentum(window: int) -> pl.Expr:
    """Momentum less the date's average: what the market did not do."""
    return _gap(f"momentum_{window}")


@feature("volatility_{window}", windows=(20,), history=0, scope="date")
def relative_volatility(window: int) -> pl.Expr:
    """Log volatility less the date's average."""
    return _gap(f"volatility_{window}")


@feature("volume_trend", scope="date")
def relative_volume() -> pl.Expr:
    """Volume of the week against the quarter, less the date's average of that."""
    return _gap("volume_trend")


@feature("z_score_{window}", windows=(20,), history=0, scope="date")
def relative_z_score(window: int) -> pl.Expr:
    """Stretch of the price less the date's average stretch."""
    return _gap(f"z_score_{window}")


@feature("shock", scope="date")
def relative_shock() -> pl.Expr:
    """Today's shock less the average shock of the date's tickers."""
    return pl.col("shock") - peers("shock").mean()


@feature("relative_shock", windows=(10, 20, 40), spans=7)
def relative_drift(window: int) -> pl.Expr:
    """Exponential average of the relative shocks: momentum that the market does not share."""
    return pl.col("relative_shock").ewm_mean(span=window, min_samples=window, ignore_nulls=True)


@feature("momentum_rank_{window}", windows=(20,), history=20)
def rank_change(window: int) -> pl.Expr:
    """How the rank of the momentum moved over 20 sessions."""
    return pl.col(f"momentum_rank_{window}").diff(20)


@feature("momentum_{window}", "sector", windows=(1, 5, 20, 60), history=0, scope="sector")
def sector_gap(window: int) -> pl.Expr:
    """Momentum less the sector's average on the date."""
    return _gap(f"momentum_{window}")


@feature("momentum_{window}", "sector", windows=(20,), history=0, scope="sector")
def sector_rank(window: int) -> pl.Expr:
    """Rank of the momentum within the sector."""
    return _centred_rank(f"momentum_{window}")


@feature("volatility_{window}", "sector", windows=(20,), history=0, scope="sector")
def sector_volatility_gap(window: int) -> pl.Expr:
    """Log volatility less the sector's average on the date."""
    return _gap(f"volatility_{window}")


@feature("relative_momentum_{window}", "sector", windows=(5, 20, 60), history=0, scope="sector")
def sector_strength(window: int) -> pl.Expr:
    """The sector's average momentum less that of all tickers."""
    return peers(f"relative_momentum_{window}").mean()


@feature("momentum_1", "sector", scope="sector")
def sector_dispersion() -> pl.Expr:
    """Logarithm of the spread of the day's returns within the sector."""
    return (peers("momentum_1").std(ddof=0) + 1e-4).log()


@feature("shock", "sector", scope="sector")
def sector_shock() -> pl.Expr:
    """Today's shock less the average shock of the sector."""
    return _gap("shock")


@feature("sector_shock", windows=(10, 20, 40), spans=7)
def sector_drift(window: int) -> pl.Expr:
    """Exponential average of those: momentum that neither market nor sector shares."""
    return pl.col("sector_shock").ewm_mean(span=window, min_samples=window, ignore_nulls=True)
