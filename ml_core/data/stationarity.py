"""Tests whether every ticker's log price and log return are stationary, by two tests that ask opposite questions:
ADF supposes a unit root, KPSS supposes none."""

import math
import warnings
from typing import Any

import numpy as np
import polars as pl

LEAST_SESSIONS = 40
MOST_LAGS = 20
SIGNIFICANT = 0.05

STATIONARITY = {
    "ticker": pl.String, "series": pl.String, "sessions": pl.Int64,
    "adf": pl.Float64, "adf_p": pl.Float64, "kpss": pl.Float64, "kpss_p": pl.Float64, "verdict": pl.String,
}  # fmt: skip


def judge_stationarity(prices: pl.DataFrame) -> pl.DataFrame:
    """Two rows a ticker: `price` and `return`. A p-value of KPSS is known between 0.01 and 0.1 only."""
    from threadpoolctl import threadpool_limits

    rows = []
    with threadpool_limits(1):  # the regressions are small: threads wait for each other
        for (ticker,), table in prices.sort("ticker", "date").group_by("ticker", maintain_order=True):
            log_price = np.log(table["close"].drop_nulls().to_numpy())
            for name, values in (("price", log_price), ("return", np.diff(log_price))):
                rows.append((ticker, name, len(values), *_judge(values[np.isfinite(values)])))
    return pl.DataFrame(rows, schema=STATIONARITY, orient="row")


def _judge(values: np.ndarray) -> tuple[float | None, float | None, float | None, float | None, str]:
    if len(values) < LEAST_SESSIONS:
        return None, None, None, None, f"too short, needs {LEAST_SESSIONS}"
    if np.ptp(values) < 1e-12:
        return None, None, None, None, "constant"
    from statsmodels.tsa import stattools

    tests: Any = stattools  # whose types know no ADF with a given number of lags
    most = min(MOST_LAGS, math.ceil(12 * (len(values) / 100) ** 0.25))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # KPSS warns where its p-value lies beyond its table
        of_unit_root = tests.adfuller(values, maxlag=choose_lags(values, most), autolag=None)
        of_stationarity = tests.kpss(values, regression="c", nlags="auto")
    adf, adf_p, kpss_value, kpss_p = map(float, (*of_unit_root[:2], *of_stationarity[:2]))
    return adf, adf_p, kpss_value, kpss_p, describe(adf_p, kpss_p)


def choose_lags(values: np.ndarray, most: int) -> int:
    """How many past moves ADF takes along, by BIC on the rows that all of them can answer. Each regression is the one
    before and a column more, so that one decomposition tells what every one of them leaves over."""
    moves = np.diff(values)
    known = len(moves) - most
    past = [moves[most - lag : len(moves) - lag] for lag in range(1, most + 1)]
    basis_RK, _ = np.linalg.qr(np.column_stack([np.ones(known), values[most:-1], *past]))
    moved_R = moves[most:]
    left_K = moved_R @ moved_R - np.cumsum(np.square(basis_RK.T @ moved_R))
    columns_L = np.arange(2, most + 3)
    return int(np.argmin(known * np.log(left_K[1:]) + columns_L * np.log(known)))


def describe(adf_p: float, kpss_p: float) -> str:
    """Both tests in one word, or two."""
    unit_root_refused, stationarity_refused = adf_p < SIGNIFICANT, kpss_p < SIGNIFICANT
    if unit_root_refused and not stationarity_refused:
        return "stationary"
    if stationarity_refused and not unit_root_refused:
        return "unit root"
    return "the tests disagree" if unit_root_refused else "undecided"
