"""All tickers together: the market that they make, how a ticker moves with it, and how many move alike."""

import polars as pl

from ml_core.features.bar_parts import TINY, correlation, mean_change
from ml_core.features.declaration import feature, part, peers

own, market = pl.col("change"), pl.col("regime_return")


@part("regime_return", windows=(5, 20, 60, 120))
def market_sum(window: int) -> pl.Expr:
    return market.rolling_sum(window)


@part("regime_return", windows=(20, 60, 120))
def market_spread(window: int) -> pl.Expr:
    return market.rolling_std(window)


@part("change", "regime_return", windows=(20, 60, 120))
def together(window: int) -> pl.Expr:
    """Mean product of the ticker's and the market's return."""
    return (own * market).rolling_mean(window)


@part(
    "log_close",
    "spread_{window}",
    "together_{window}",
    "market_sum_{window}",
    "market_spread_{window}",
    windows=(20, 60, 120),
    history=0,
)
def match(window: int) -> pl.Expr:
    """Correlation of the ticker's returns with the market's."""
    ours = (mean_change(window), pl.col(f"spread_{window}"))
    theirs = (pl.col(f"market_sum_{window}") / window, pl.col(f"market_spread_{window}"))
    return correlation(pl.col(f"together_{window}"), ours, theirs, window=window)


@part("match_{window}", "spread_{window}", "market_spread_{window}", windows=(20, 60, 120), history=0)
def slope(window: int) -> pl.Expr:
    """Beta to the market, bounded."""
    steep = pl.col(f"spread_{window}") / (pl.col(f"market_spread_{window}") + TINY)
    return (pl.col(f"match_{window}") * steep).clip(-5, 5)


@feature("market_sum_{window}", windows=(5, 20, 60, 120), history=0)
def market_momentum(window: int) -> pl.Expr:
    """Sum of the market's returns over the window."""
    return pl.col(f"market_sum_{window}")


@feature("market_spread_{window}", windows=(20, 60), history=0)
def market_volatility(window: int) -> pl.Expr:
    """Logarithm of the standard deviation of the market's returns."""
    return (pl.col(f"market_spread_{window}") + TINY).log()


@feature("market_sum_5", "market_spread_60")
def market_stretch() -> pl.Expr:
    """The market's return of five sessions per unit of its quarter's volatility."""
    return pl.col("market_sum_5") / (pl.col("market_spread_60") + TINY)


@feature("match_{window}", windows=(20, 60, 120), history=0)
def market_correlation(window: int) -> pl.Expr:
    """Correlation of the ticker's returns with the market's."""
    return pl.col(f"match_{window}")


@feature("slope_{window}", windows=(60, 120), history=0)
def beta(window: int) -> pl.Expr:
    """Slope of the ticker's returns on the market's, bounded by 5."""
    return pl.col(f"slope_{window}")


@feature("change", "regime_return", windows=(120,))
def downside_beta(window: int) -> pl.Expr:
    """Slope on the market's returns on the days it fell, bounded by 5."""
    fell = market.clip(upper_bound=0)
    return ((own * fell).rolling_sum(window) / (fell.pow(2).rolling_sum(window) + 1e-12)).clip(-5, 5)


@feature("match_{window}", "spread_{window}", windows=(20, 60), history=0)
def own_volatility(window: int) -> pl.Expr:
    """Logarithm of the volatility that the market does not explain."""
    unexplained = (1 - pl.col(f"match_{window}").pow(2)).clip(lower_bound=1e-6)
    return (pl.col(f"spread_{window}") * unexplained.sqrt() + TINY).log()


@feature("log_close", "slope_{window}", "market_sum_{window}", windows=(20, 60), history=0)
def own_momentum(window: int) -> pl.Expr:
    """Return of the window less its beta times the market's."""
    return pl.col("log_close").diff(window) - pl.col(f"slope_{window}") * pl.col(f"market_sum_{window}")


@feature("log_close", "change", "spread_60", "regime_return", "market_sum_60", "market_spread_60", history=1)
def market_follower() -> pl.Expr:
    """Correlation of the ticker's returns with the market's of the day before, over 60 sessions."""
    theirs = (pl.col("market_sum_60").shift(1) / 60, pl.col("market_spread_60").shift(1))
    product = (own * market.shift(1)).rolling_mean(60)
    return correlation(product, (mean_change(60), pl.col("spread_60")), theirs, window=60)


@feature("sma_gap_{window}", windows=(20, 50, 200), history=0, scope="date")
def breadth(window: int) -> pl.Expr:
    """Share of the tickers above their simple average."""
    return (peers(f"sma_gap_{window}") > 0).mean()


@feature("momentum_1", scope="date")
def advances() -> pl.Expr:
    """Share of the tickers that rose less that of those that fell."""
    return peers("momentum_1").sign().mean()


@feature("advances", windows=(10,))
def advances_mean(window: int) -> pl.Expr:
    """Average of the advances less declines."""
    return pl.col("advances").rolling_mean(window)


@feature("momentum_1", scope="date")
def dispersion() -> pl.Expr:
    """Logarithm of the spread of the day's returns among the tickers."""
    return (peers("momentum_1").std(ddof=0) + 1e-4).log()


@feature("dispersion", windows=(20,))
def dispersion_mean(window: int) -> pl.Expr:
    """Average of the log spread."""
    return pl.col("dispersion").rolling_mean(window)


@feature("momentum_20", scope="date")
def dispersion_month() -> pl.Expr:
    """Logarithm of the spread of the month's returns among the tickers."""
    return (peers("momentum_20").std(ddof=0) + 1e-4).log()


@feature("high_gap_{window}", windows=(60,), history=0, scope="date")
def new_highs(window: int) -> pl.Expr:
    """Share of the tickers at the highest close of the window."""
    return (peers(f"high_gap_{window}") >= 0).mean()


@feature("low_gap_{window}", windows=(60,), history=0, scope="date")
def new_lows(window: int) -> pl.Expr:
    """Share of the tickers at the lowest close of the window."""
    return (peers(f"low_gap_{window}") <= 0).mean()


@feature("high_gap_{window}", windows=(250,), history=0, scope="date")
def market_drawdown(window: int) -> pl.Expr:
    """Average distance of the tickers from their high of the window."""
    return peers(f"high_gap_{window}").mean()


@feature("volume_surprise_{window}", windows=(20,), history=0, scope="date")
def market_volume(window: int) -> pl.Expr:
    """Average unusual volume of the tickers."""
    return peers(f"volume_surprise_{window}").mean()


@feature("volatility_{window}", windows=(20,), history=0, scope="date")
def usual_volatility(window: int) -> pl.Expr:
    """Average log volatility of the tickers."""
    return peers(f"volatility_{window}").mean()


@feature("market_volatility_{window}", "usual_volatility_{window}", windows=(20,), history=0)
def togetherness(window: int) -> pl.Expr:
    """Log volatility of the market less the usual one of a ticker: near 0 where all move as one."""
    return pl.col(f"market_volatility_{window}") - pl.col(f"usual_volatility_{window}")
