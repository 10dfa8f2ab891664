"""What GARCH and its kin share: v(t+1) = omega + (alpha + gamma [r(t) < 0]) r(t)^2 + beta v(t). `arch` fits each
ticker's parameters; the recursion and what it expects of later sessions are a few lines of NumPy.

Variance targeting: the long-run level is that of the sessions that were learned from, and sets omega.
"""

import contextlib
import hashlib
from typing import Any

import numpy as np

from ml_core.baselines import Learned, Lesson, PanelRows
from ml_core.baselines._paths import add_variances, known_steps, tell_pooled
from ml_core.features.target import LEAST_UNIT

LEAST_STEPS = 100  # fewer say nothing about how variance clusters
MOST_PERSISTENT = 0.999
MOST_KEPT = 2**15  # fits: two of each ticker of a large market

Weights = tuple[float, ...]  # alpha, then gamma where falls count by themselves, then beta

_KEPT: dict[tuple[bytes, bool], Weights | None] = {}  # by what was learned from


def learn(lesson: Lesson, usual: Weights) -> Learned:
    """Parameters and long-run level of each ticker, and last those of a ticker that was not learned from: the
    median of the others; `usual` where no ticker could be fitted."""
    steps, tickers = known_steps(lesson), list(lesson.windows.tickers)
    level_N = np.array([np.mean(step_T**2) if len(step_T) >= LEAST_STEPS else np.nan for step_T in steps])
    per_ticker = [_fit_or_recall(step_T, falls=len(usual) > 2) for step_T in steps]
    fitted = [weights for weights in per_ticker if weights]
    pooled = tuple(np.median(fitted, axis=0)) if fitted else usual
    level = float(np.nanmedian(level_N)) if np.isfinite(level_N).any() else _any_level(steps)
    levels = np.append(np.where(np.isfinite(level_N), level_N, level), level)
    return Learned(
        {
            "weights": np.array([weights or pooled for weights in per_ticker] + [pooled]),
            "level": np.maximum(levels, LEAST_UNIT**2),
        },
        {"tickers": tickers},
        tell_pooled([ticker for ticker, weights in zip(tickers, per_ticker, strict=True) if not weights]),
    )


def answer(
    asked: PanelRows, alpha_N: np.ndarray, gamma_N: np.ndarray, beta_N: np.ndarray, level_N: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A mean of zero, and the scale over h sessions: the root of the sum of the variances expected of each. A shock
    is as likely a fall as a rise, so that half of gamma persists."""
    windows = asked.windows
    next_NT = filter_variance(windows.step_NT, alpha_N, gamma_N, beta_N, level_N)
    ticker_R = np.nonzero(asked.rows_NT)[0]
    decay_R, level_R = (alpha_N + gamma_N / 2 + beta_N)[ticker_R], level_N[ticker_R]
    path_RK = np.empty((len(ticker_R), windows.horizons[-1]))
    excess_R = next_NT[asked.rows_NT] - level_R
    for ahead in range(path_RK.shape[1]):
        path_RK[:, ahead] = level_R + excess_R
        excess_R = excess_R * decay_R
    return np.zeros_like(asked.unit_RH), add_variances(path_RK, asked)


def filter_variance(
    step_NT: np.ndarray, alpha_N: np.ndarray, gamma_N: np.ndarray, beta_N: np.ndarray, level_N: np.ndarray
) -> np.ndarray:
    """The variance expected of the session after each, from the long-run level on; where nothing is known of a
    session, its square is expected to be its variance, and half of it a fall's."""
    omega_N, variance_N = (1 - alpha_N - gamma_N / 2 - beta_N) * level_N, level_N
    known_NT, square_NT = np.isfinite(step_NT), np.nan_to_num(step_NT) ** 2
    fell_NT = np.where(known_NT, step_NT < 0, 0.5)
    next_NT = np.empty_like(step_NT)
    for session in range(step_NT.shape[1]):
        square_N = np.where(known_NT[:, session], square_NT[:, session], variance_N)
        react_N = alpha_N + gamma_N * fell_NT[:, session]
        variance_N = omega_N + react_N * square_N + beta_N * variance_N
        next_NT[:, session] = variance_N
    return next_NT


def _fit_or_recall(step_T: np.ndarray, *, falls: bool) -> Weights | None:
    """A search judges the reference and its winner beside the same rivals: what these learned of the same sessions is
    not learned twice, as a fit is a tenth of a second."""
    asked = hashlib.blake2b(step_T.tobytes(), digest_size=16).digest(), falls
    if asked not in _KEPT:
        if len(_KEPT) >= MOST_KEPT:
            _KEPT.clear()
        _KEPT[asked] = _fit_one(step_T, falls=falls)
    return _KEPT[asked]


def _fit_one(step_T: np.ndarray, *, falls: bool) -> Weights | None:
    """By maximum likelihood, with Student's t for shocks, so that one crash does not set them. None where there is
    too little to learn from, or no maximum was found."""
    spread = float(np.sqrt(np.mean(step_T**2))) if len(step_T) >= LEAST_STEPS else 0.0
    if spread <= 0:
        return None
    from arch import arch_model

    names = ("alpha[1]", "gamma[1]", "beta[1]") if falls else ("alpha[1]", "beta[1]")
    with contextlib.suppress(ValueError, ArithmeticError, np.linalg.LinAlgError):
        model = arch_model(step_T / spread, mean="Zero", vol="GARCH", o=int(falls), dist="t", rescale=False)
        result: Any = model.fit(disp="off", show_warning=False)
        weights = [float(result.params[name]) for name in names]
        persistent = sum(weights) - (weights[1] / 2 if falls else 0.0)
        if result.convergence_flag == 0 and np.isfinite(persistent):
            shrink = min(1.0, MOST_PERSISTENT / max(persistent, 1e-12))
            return tuple(weight * shrink for weight in weights)
    return None


def _any_level(steps: list[np.ndarray]) -> float:
    together = np.concatenate(steps)
    return float(np.mean(together**2)) if len(together) and together.any() else 1e-4
