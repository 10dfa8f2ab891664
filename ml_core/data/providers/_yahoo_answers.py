"""What yfinance returned or raised in; BARS rows, or a status with its reason out."""

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ml_core.data.providers import Outcome
from ml_core.frames import BARS, conform

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "open": "Open", "high": "High", "low": "Low", "close": "Close", "volume": "Volume",
    "dividend": "Dividends", "split": "Stock Splits", "adj_close": "Adj Close",
}  # fmt: skip
NO_ANSWER = ("Timeout", "ReadTimeout", "ConnectTimeout", "TimeoutError")
NO_CONNECTION = ("ConnectionError", "DNSError", "ProxyError", "SSLError", "CertificateVerifyError")
CUT_SHORT = (
    "IncompleteRead",
    "ChunkedEncodingError",
    "ContentDecodingError",
    "RequestException",
    "CurlError",
)


def to_bars(history: "pd.DataFrame", ticker: str) -> pl.DataFrame:
    """BARS as Yahoo serves them: past splits are in the prices, dividends are not. A bar belongs to the date
    of its session at the exchange."""
    columns = {
        name: history[given].to_numpy(dtype=float) if given in history else np.full(len(history), np.nan)
        for name, given in COLUMNS.items()
    }
    bars = pl.DataFrame(
        {"ticker": [ticker] * len(history), "date": [dt.date(d.year, d.month, d.day) for d in history.index]}
        | columns,
        schema_overrides={"ticker": pl.String, "date": pl.Date},
    )
    if "Capital Gains" in history:
        bars = bars.with_columns(pl.Series("dividend", _paid(history)))
    return conform(
        bars.with_columns(
            pl.col(*columns).fill_nan(None),
            pl.lit("split_adjusted").alias("basis"),
        ).with_columns(
            pl.col("dividend").fill_null(0.0),
            pl.when(pl.col("split") > 0).then("split").otherwise(1.0).alias("split"),
        ),
        BARS,
        f"yahoo {ticker}",
    )


def _paid(history: "pd.DataFrame") -> np.ndarray:
    """A fund's distribution. Capital gains stand beside dividends, or in them already: the adjusted close
    tells which, and where it does not, the smaller sum is taken."""
    dividend, gains = (
        history[name].fillna(0.0).to_numpy(dtype=float) for name in ("Dividends", "Capital Gains")
    )
    close, adjusted = (history[name].to_numpy(dtype=float) for name in ("Close", "Adj Close"))
    both = dividend + gains
    moved = np.ones_like(close)
    with np.errstate(all="ignore"):
        moved[1:] = (adjusted[:-1] / close[:-1]) / (adjusted[1:] / close[1:])
        told = (1 - moved) * np.concatenate([[np.nan], close[:-1]])
    nearer_both = np.abs(told - both) < np.abs(told - np.maximum(dividend, gains))
    return np.where(nearer_both, both, np.maximum(dividend, gains))


def judge(error: Exception) -> tuple[Outcome, bool]:
    """(outcome, whether asking again may help)."""
    names = [kind.__name__ for kind in type(error).__mro__]
    line = (str(error).strip().splitlines() or [names[0]])[0][:160]
    if "YFRateLimitError" in names:
        return Outcome("rate_limited", "Yahoo answers 429, too many requests"), True
    if _status_of(error) == 429:
        return Outcome("rate_limited", "Yahoo answers 429, too many requests"), True
    if "YFTzMissingError" in names or _status_of(error) == 404:
        return Outcome("unknown", "Yahoo knows no such symbol"), False
    if "YFPricesMissingError" in names:
        reason = getattr(error, "yahoo_reason", None)
        if reason and ("No data found" in reason or "symbol may be delisted" in reason):
            return Outcome("unknown", f"Yahoo: {reason}"), False
        return Outcome("empty", f"Yahoo: {reason or 'no prices between the dates asked for'}"), False
    if any(name in names for name in NO_ANSWER):
        return Outcome("failed", "no answer from Yahoo in time"), True
    if "JSONDecodeError" in names:
        return Outcome("failed", "Yahoo's answer is not JSON: an error page, or cut short"), True
    if any(name in names for name in NO_CONNECTION):
        return Outcome("failed", f"no connection to Yahoo: {line}"), True
    if any(name in names for name in CUT_SHORT):
        return Outcome("failed", f"the connection broke: {line}"), True
    if isinstance(error, (KeyError, TypeError, IndexError)):
        return Outcome("failed", f"Yahoo's answer has an unknown shape: {names[0]} {line}"), True
    return Outcome("failed", f"{names[0]}: {line}"), True


def _status_of(error: Exception) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)
