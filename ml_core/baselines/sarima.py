"""Fits a seasonal ARMA to each ticker's returns (Box and Jenkins, 1970) with `statsmodels`, by maximum likelihood
on its training dates, and chooses the order by AIC. Returns are differenced log prices, so for the price it is a
SARIMA with d = 1.

With expanded polynomials x(t) = sum a(i) x(t-i) + e(t) + sum b(j) e(t-j), x being the return less its mean. The
filter starts at rest at the first return and keeps its parameters, so loading it needs no statsmodels.
"""

import warnings
from typing import Any, ClassVar

import numpy as np
from pydantic import PositiveInt

from ml_core.baselines import BaselineConfig, FeaturesRead, Learned, Lesson, PanelRows
from ml_core.baselines._paths import add_means, known_steps, tell_pooled

LEAST_STEPS = 60


class Config(BaselineConfig):
    """`season` in sessions: five are a week of daily bars."""

    reads: ClassVar[FeaturesRead] = "none"
    season: PositiveInt = 5


def fit(config: Config, lesson: Lesson) -> Learned:
    steps, tickers = known_steps(lesson), list(lesson.windows.tickers)
    per_ticker = [_fit_one(step_T, config.season) for step_T in steps]
    together = np.concatenate(steps)
    level = float(together.mean()) if len(together) else 0.0
    levels = [float(step_T.mean()) if one else level for step_T, one in zip(steps, per_ticker, strict=True)]
    noise: tuple[np.ndarray, np.ndarray] = (np.zeros(0), np.zeros(0))
    lines = [one or noise for one in (*per_ticker, None)]
    return Learned(
        {
            "past": _side_by_side([past for past, _ in lines]),
            "shocks": _side_by_side([shocks for _, shocks in lines]),
            "level": np.array([*levels, level]),
        },
        {"tickers": tickers},
        tell_pooled([ticker for ticker, one in zip(tickers, per_ticker, strict=True) if not one]),
    )


def predict(learned: Learned, asked: PanelRows) -> tuple[np.ndarray, None]:
    windows = asked.windows
    past_NP, shocks_NQ, level_N = (
        learned.of_tickers(name, windows.tickers) for name in ("past", "shocks", "level")
    )
    x_NT, e_NT = filter_steps(windows.step_NT - level_N[:, None], past_NP, shocks_NQ)
    ticker_R, session_R = np.nonzero(asked.rows_NT)
    lags = [_lagged(x_NT, ticker_R, session_R, lag) for lag in range(past_NP.shape[1])]
    errors = [_lagged(e_NT, ticker_R, session_R, lag) for lag in range(shocks_NQ.shape[1])]
    path_RK = np.empty((len(ticker_R), windows.horizons[-1]))
    for ahead in range(path_RK.shape[1]):
        x_R = _combine(past_NP[ticker_R], lags) + _combine(shocks_NQ[ticker_R], errors)
        path_RK[:, ahead] = x_R + level_N[ticker_R]
        lags, errors = [x_R, *lags][: len(lags)], [np.zeros_like(x_R), *errors][: len(errors)]
    return add_means(path_RK, asked), None


def filter_steps(
    x_NT: np.ndarray, past_NP: np.ndarray, shocks_NQ: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Every session's value and shock; a session that is not known is as it was expected, without a shock."""
    known_NT, e_NT = np.isfinite(x_NT), np.zeros_like(x_NT)
    x_NT = np.nan_to_num(x_NT)
    for session in range(x_NT.shape[1]):
        expected_N = np.zeros(len(x_NT))
        for lag in range(min(past_NP.shape[1], session)):
            expected_N += past_NP[:, lag] * x_NT[:, session - 1 - lag]
        for lag in range(min(shocks_NQ.shape[1], session)):
            expected_N += shocks_NQ[:, lag] * e_NT[:, session - 1 - lag]
        known_N = known_NT[:, session]
        e_NT[:, session] = np.where(known_N, x_NT[:, session] - expected_N, 0.0)
        x_NT[:, session] = np.where(known_N, x_NT[:, session], expected_N)
    return x_NT, e_NT


def _fit_one(step_T: np.ndarray, season: int) -> tuple[np.ndarray, np.ndarray] | None:
    """The weights of past values and past shocks of the order with the least AIC; None without a fit."""
    spread = float(step_T.std()) if len(step_T) >= LEAST_STEPS else 0.0
    if spread <= 0:
        return None
    from statsmodels.tsa.arima.estimators.innovations import innovations_mle

    z_T = (step_T - step_T.mean()) / spread
    best: tuple[float, np.ndarray, np.ndarray] | None = None
    for order, seasonal in _orders(season):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                fitted: Any = innovations_mle(z_T, order=order, seasonal_order=seasonal, demean=False)
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            continue
        params, how = fitted
        past, shocks = -params.reduced_ar_poly.coef[1:], params.reduced_ma_poly.coef[1:]
        aic = 2 * (how.minimize_results.fun + sum(order) + sum(seasonal[:3]))
        if np.isfinite([aic, *past, *shocks]).all() and (best is None or aic < best[0]):
            best = (aic, past, shocks)
    return (best[1], best[2]) if best else None


def _orders(season: int) -> list[tuple[tuple[int, int, int], tuple[int, int, int, int]]]:
    """Few. A mixed (1, 0, 1) is not among them: on noise its two roots cancel anywhere, and AIC picks it too often."""
    plain, weekly = (0, 0, 0, 0), (1, 0, 0, season)
    shapes = [((0, 0, 0), plain), ((1, 0, 0), plain), ((0, 0, 1), plain), ((2, 0, 0), plain)]
    return [*shapes, ((1, 0, 0), weekly)] if season > 1 else shapes


def _side_by_side(weights: list[np.ndarray]) -> np.ndarray:
    """One row a ticker, filled up with zeros."""
    table = np.zeros((len(weights), max(len(row) for row in weights)))
    for place, row in enumerate(weights):
        table[place, : len(row)] = row
    return table


def _lagged(values_NT: np.ndarray, ticker_R: np.ndarray, session_R: np.ndarray, lag: int) -> np.ndarray:
    """What stood `lag` sessions before each place; zero before the first."""
    return np.where(session_R >= lag, values_NT[ticker_R, np.maximum(session_R - lag, 0)], 0.0)


def _combine(weights_RP: np.ndarray, lags: list[np.ndarray]) -> np.ndarray:
    total_R = np.zeros(len(weights_RP))
    for weight_R, lag_R in zip(weights_RP.T, lags, strict=True):
        total_R += weight_R * lag_R
    return total_R
