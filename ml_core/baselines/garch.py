"""Forecasts a mean of zero and a scale by GARCH(1,1) (Bollerslev, 1986), v(t+1) = omega + alpha r(t)^2 + beta
v(t). `arch` fits each ticker's parameters on its training dates; the scale over h sessions adds the variances
that are expected of each."""

import contextlib
from typing import Any

import numpy as np

from ml_core.baselines import Asked, BaselineConfig, Learned, Lesson
from ml_core.baselines._paths import add_variances, tell_pooled, training_steps
from ml_core.features.target import LEAST_UNIT

LEAST_STEPS = 100  # fewer say nothing about how variance clusters
MOST_PERSISTENT = 0.999
USUAL = (0.05, 0.9)  # alpha and beta where no ticker could be fitted


class Config(BaselineConfig):
    """Nothing to choose."""


def fit(_config: Config, lesson: Lesson) -> Learned:
    steps, tickers = training_steps(lesson), list(lesson.windows.tickers)
    level_N = np.array([np.mean(step_T**2) if len(step_T) >= LEAST_STEPS else np.nan for step_T in steps])
    found = [_fit_one(step_T) for step_T in steps]
    fitted = [pair for pair in found if pair]
    pooled = tuple(np.median(fitted, axis=0)) if fitted else USUAL
    level = float(np.nanmedian(level_N)) if np.isfinite(level_N).any() else _any_level(steps)
    weights = np.array([pair or pooled for pair in found] + [pooled])
    levels = np.append(np.where(np.isfinite(level_N), level_N, level), level)
    return Learned(
        {"weights": weights, "level": np.maximum(levels, LEAST_UNIT**2)},
        {"tickers": tickers},
        tell_pooled([ticker for ticker, pair in zip(tickers, found, strict=True) if not pair]),
    )


def predict(learned: Learned, asked: Asked) -> tuple[np.ndarray, np.ndarray]:
    windows = asked.windows
    alpha_N, beta_N = learned.of_tickers("weights", windows.tickers).T
    level_N = learned.of_tickers("level", windows.tickers)
    next_NT = filter_variance(windows.step_NT, alpha_N, beta_N, level_N)
    ticker_R = np.nonzero(asked.rows_NT)[0]
    decay_R, level_R = (alpha_N + beta_N)[ticker_R], level_N[ticker_R]
    path_RK = np.empty((len(ticker_R), windows.horizons[-1]))
    excess_R = next_NT[asked.rows_NT] - level_R
    for ahead in range(path_RK.shape[1]):
        path_RK[:, ahead] = level_R + excess_R
        excess_R = excess_R * decay_R
    return np.zeros_like(asked.unit_RH), add_variances(path_RK, asked)


def filter_variance(
    step_NT: np.ndarray, alpha_N: np.ndarray, beta_N: np.ndarray, level_N: np.ndarray
) -> np.ndarray:
    """The variance expected of the session after each, from the long-run level on; where nothing is known of a
    session, its square is expected to be its variance."""
    omega_N, variance_N = (1 - alpha_N - beta_N) * level_N, level_N
    known_NT, square_NT = np.isfinite(step_NT), np.nan_to_num(step_NT) ** 2
    next_NT = np.empty_like(step_NT)
    for session in range(step_NT.shape[1]):
        square_N = np.where(known_NT[:, session], square_NT[:, session], variance_N)
        variance_N = omega_N + alpha_N * square_N + beta_N * variance_N
        next_NT[:, session] = variance_N
    return next_NT


def _fit_one(step_T: np.ndarray) -> tuple[float, float] | None:
    """Alpha and beta by maximum likelihood, with Student's t for shocks, so that one crash does not set them; the
    level is the training dates' own (variance targeting). None where there is too little to learn from, or no
    maximum was found."""
    spread = float(np.sqrt(np.mean(step_T**2))) if len(step_T) >= LEAST_STEPS else 0.0
    if spread <= 0:
        return None
    from arch import arch_model

    with contextlib.suppress(ValueError, ArithmeticError, np.linalg.LinAlgError):
        model = arch_model(step_T / spread, mean="Zero", vol="GARCH", dist="t", rescale=False)
        result: Any = model.fit(disp="off", show_warning=False)
        alpha, beta = float(result.params["alpha[1]"]), float(result.params["beta[1]"])
        if result.convergence_flag == 0 and np.isfinite(alpha + beta):
            shrink = min(1.0, MOST_PERSISTENT / max(alpha + beta, 1e-12))
            return alpha * shrink, beta * shrink
    return None


def _any_level(steps: list[np.ndarray]) -> float:
    together = np.concatenate(steps)
    return float(np.mean(together**2)) if len(together) and together.any() else 1e-4
