"""Says a feature's name in words that a person knows: `sector_gap_20` is the 20-session momentum against its sector."""

from __future__ import annotations

import re

from ml_core.features.groups.context import PREFIX

# Names that are no words by themselves. All others are spelled as they stand, without underscores.
SPOKEN = {
    "weekday_sine": "day of the week", "weekday_cosine": "day of the week, second part",
    "month_sine": "month of the year", "month_cosine": "month of the year, second part",
    "quarter_sine": "place in the quarter", "quarter_cosine": "place in the quarter, second part",
    "half_year_sine": "place in the half-year", "month_place": "place in the month",
    "expiry_distance": "days from the expiry of options", "days_off": "days since the session before",
    "momentum_rank": "rank of its momentum", "volatility_rank": "rank of its volatility",
    "volume_rank": "rank of its unusual volume", "high_gap_rank": "rank of its distance from the year's high",
    "relative_momentum": "momentum against the market", "relative_volatility": "volatility against the market",
    "relative_volume": "volume against the market", "relative_z_score": "stretch against the market",
    "relative_shock": "today's shock against the market", "relative_drift": "drift against the market",
    "rank_change": "change of its rank", "sector_gap": "momentum against its sector",
    "sector_rank": "rank of its momentum in its sector", "sector_volatility_gap": "volatility against its sector",
    "sector_strength": "momentum of its sector", "sector_dispersion": "spread of returns in its sector",
    "sector_shock": "today's shock against its sector", "sector_drift": "drift against its sector",
    "skew": "skewness of returns", "kurtosis": "tails of returns", "clustering": "clustering of large moves",
    "autocorrelation": "persistence of returns", "weekly_autocorrelation": "persistence of returns over a week",
    "leverage": "unrest after falls", "up_share": "share of rising sessions", "tail_share": "share of large moves",
    "jump_share": "share of jumps", "roughness": "roughness of the path", "market_momentum": "momentum of the market",
    "market_volatility": "volatility of the market", "market_stretch": "stretch of the market",
    "market_correlation": "correlation with the market", "beta": "beta", "downside_beta": "beta on falling days",
    "own_volatility": "volatility apart from the market", "own_momentum": "momentum apart from the market",
    "market_follower": "how it follows the market of the day before",
    "breadth": "share of tickers above their average", "advances": "share of tickers that rose",
    "advances_mean": "average share of tickers that rose", "dispersion": "spread of returns among tickers",
    "dispersion_mean": "average spread of returns among tickers", "dispersion_month": "spread of the month's returns",
    "new_highs": "share of tickers at a high", "new_lows": "share of tickers at a low",
    "market_drawdown": "drawdown of the market", "market_volume": "unusual volume of the market",
    "usual_volatility": "usual volatility of tickers", "togetherness": "how far all move as one",
    "z_score": "stretch from its average price", "rsi": "relative strength (RSI)", "band_width": "width of its bands",
    "stochastic": "place between low and high", "stochastic_turn": "turn of the place between low and high",
    "cci": "commodity channel index", "pullback": "pullback against the trend",
    "steady_momentum": "momentum per volatility", "settled_momentum": "momentum without the last month",
    "acceleration": "change of momentum", "shock": "today's shock", "shock_sum": "shocks in sum",
    "drift": "average of its shocks", "overnight": "move overnight", "intraday": "move within the day",
    "overnight_sum": "moves overnight in sum", "intraday_sum": "moves within the day in sum",
    "gap_shock": "shock overnight", "gap_kept": "how far the gap was kept", "close_in_bar": "close within its bar",
    "close_in_bars": "close within its bars", "shadows_mean": "average of the shadows", "body": "body of the bar",
    "decision": "average body of the bars", "streak": "sessions in one direction",
    "place_in_bar_before": "close within the bar before",
    "higher_bars": "share of higher bars", "inside_bars": "share of inside bars", "narrowness": "narrowness of the bar",
    "overlap": "overlap of the bars", "regime_return": "return of the market",
    "regime_turbulence": "chance of a turbulent market", "regime_turbulence_change": "change of that chance",
    "regime_age": "age of the market's state", "regime_surprise": "surprise for the market's state",
    "sma_gap": "distance from its average", "ema_gap": "distance from its exponential average",
    "month_cross": "week's average against the month's", "quarter_cross": "month's average against the quarter's",
    "half_year_cross": "quarter's average against the half-year's", "macd": "MACD", "macd_gap": "MACD against its line",
    "range_position": "place in its range", "trend_fit": "straightness of the trend",
    "high_gap": "distance from its high", "low_gap": "distance from its low",
    "above_average": "share of sessions above its average", "volatility_ratio": "volatility of the week to the quarter",
    "smooth_volatility": "smooth volatility", "parkinson": "volatility by range (Parkinson)",
    "garman_klass": "volatility by bars (Garman and Klass)",
    "rogers_satchell": "volatility by bars (Rogers and Satchell)",
    "yang_zhang": "volatility by bars and nights (Yang and Zhang)", "realized_range": "true range",
    "downside_share": "share of falls in its moves", "downside_volatility": "volatility of falls",
    "night_share": "share of nights in its moves", "volatility_change": "change of volatility",
    "range_expansion": "today's range to the usual", "range_per_move": "range per move",
    "volume_surprise": "unusual volume", "volume_trend": "volume of the week to the quarter",
    "signed_volume": "volume on rising days", "price_volume_trend": "return weighted by volume",
    "force": "return times volume", "accumulation": "close within its bars by volume",
    "vwap_gap": "distance from its volume-weighted price", "volume_agreement": "returns with volume",
    "volume_excitement": "large moves with volume", "quiet_return": "return on quiet days",
    "busiest_share": "share of the busiest day",
}  # fmt: skip


def speak(feature: str) -> str:
    """In words, with the sessions that it looks at in front."""
    stem, _, window = feature.rpartition("_") if re.search(r"_\d+$", feature) else (feature, "", "")
    if stem.startswith(PREFIX):
        series, _, what = stem.removeprefix(PREFIX).rpartition("_")
        told = {"change": f"change of {series}", "gap": f"stretch of {series}"}.get(what)
        told = told or feature.removeprefix(PREFIX)
    else:
        told = SPOKEN.get(stem, stem.replace("_", " "))
    return f"{window}-session {told}" if window else told
