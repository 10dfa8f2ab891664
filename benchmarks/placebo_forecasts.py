"""Forecasts without skill, shaped like ours, and the real outcomes that they are set against (see placebos.py)."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from scipy.signal import lfilter

from ml_core.evaluation.metrics import normal_crps

HORIZONS = (1, 5, 20)
PERSISTENCE = (0.5, 0.9, 0.97)
ERRS = 0.1

Array = np.ndarray


class Span(NamedTuple):
    """Outcomes of one ticker at one horizon over one span, and the scale that was known at each close."""

    y_T: Array
    scale_T: Array


def read_returns(folder: Path, *, least: int) -> dict[str, Array]:
    """Log returns of each series, adjusted where the file knows how; a ticker of two files is two series."""
    found: dict[str, Array] = {}
    for path in sorted(folder.glob("*.parquet")):
        bars = pl.read_parquet(path, columns=["date", "ticker", "close", "adj_close"])
        for (ticker,), one in sorted(bars.partition_by("ticker", as_dict=True).items()):
            price = one.sort("date").select(pl.coalesce("adj_close", "close")).to_series().to_numpy()
            if len(price) > least:
                found[f"{path.stem.split('_')[0]}:{ticker}"] = np.diff(np.log(price))
    return found


def span_of(returns_T: Array, horizon: int, sessions: int, place: float) -> Span:
    """The span whose start lies at that share of the history, after 60 sessions for the first scale."""
    variance_T = lfilter([0.06], [1, -0.94], returns_T**2 - returns_T.var()) + returns_T.var()
    y_T = np.convolve(returns_T[60:], np.ones(horizon), "valid")
    start = int(place * (len(y_T) - sessions))
    known_T = variance_T[59 + start : 59 + start + sessions]
    return Span(y_T[start : start + sessions], np.sqrt(horizon * known_T))


def draw(rng: np.random.Generator, count: int, sessions: int, tickers: int = 1) -> Array:
    """Skilless forecasts of deviation one (count, sessions, tickers): half of each is common to all tickers."""
    drawn_RTN = np.empty((count, sessions, tickers))
    for row_R, persistence in zip(
        np.array_split(np.arange(count), len(PERSISTENCE)), PERSISTENCE, strict=True
    ):
        noise_RTN = rng.standard_normal((len(row_R), sessions + 150, tickers))
        if tickers > 1:
            noise_RTN += rng.standard_normal((len(row_R), sessions + 150, 1))
            noise_RTN /= np.sqrt(2)
        walked_RTN = lfilter([np.sqrt(1 - persistence**2)], [1, -persistence], noise_RTN, axis=1)
        drawn_RTN[row_R] = np.asarray(walked_RTN)[:, 150:]
    return drawn_RTN


def difference_of_scales(span: Span) -> Array:
    """How much more CRPS the narrower scale has than the wider."""
    low_T, high_T = (normal_crps(span.y_T, span.scale_T * np.exp(sign * ERRS)) for sign in (-1, 1))
    return low_T - high_T
