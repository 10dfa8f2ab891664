"""Makes the bars of one ticker from a drawn market: prices as traded, which fall by what is paid out and by what is
split.

The open stands at 0.3 of the day's move plus 0.3 volatilities times a standard normal, the gap; the logarithm of what
is traded is 0.4 times a standard normal, the volume, above 20 times the size of the move.
"""

import zlib

import numpy as np
import polars as pl

from ml_core.data.simulation.market import SimulatedMarket
from ml_core.frames import BARS, conform


def build_bars(market: SimulatedMarket, place: int, ticker: str) -> pl.DataFrame:
    """BARS of the ticker at this place of the market."""
    close_T, dividend_T, split_T = _trade(market.return_TN[:, place], zlib.crc32(ticker.encode()))
    count = len(close_T)
    gap, up, down, volume = market.noise_TNK[:, place].T
    spread_T = np.abs(market.next_volatility_TN[:, place])
    before_T = np.concatenate([[close_T[0]], close_T[:-1]]) / split_T
    open_T = before_T * np.exp(0.3 * np.log(close_T / before_T) + 0.3 * spread_T * gap)
    turnover_T = 1e6 * np.exp(0.4 * volume + 20 * np.abs(market.return_TN[:, place])) * split_T.cumprod()
    return conform(
        pl.DataFrame(
            {
                "ticker": ticker,
                "date": market.sessions,
                "open": open_T,
                "high": np.maximum(open_T, close_T) * np.exp(0.4 * spread_T * np.abs(up)),
                "low": np.minimum(open_T, close_T) * np.exp(-0.4 * spread_T * np.abs(down)),
                "close": close_T,
                "volume": np.round(turnover_T),
                "dividend": dividend_T,
                "split": split_T,
                "adj_close": pl.Series([None] * count, dtype=pl.Float64),
                "basis": "traded",
            }
        ),
        BARS,
        f"simulated {ticker}",
    )


def _trade(return_T: np.ndarray, code: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Closes, dividends (a quarter's, of two tickers in three) and splits (once, of one in four)."""
    count = len(return_T)
    close_T, dividend_T, split_T = np.empty(count), np.zeros(count), np.ones(count)
    price = 40.0 + code % 160
    for step in range(count):
        price *= np.exp(return_T[step])
        if code % 4 == 1 and step == 300 + code % 500:
            split_T[step], price = 2.0, price / 2.0
        if code % 3 != 2 and step % 63 == code % 63 and step:
            dividend_T[step] = round(price * 0.005, 4)
            price -= dividend_T[step]
        close_T[step] = price
    return close_T, dividend_T, split_T
