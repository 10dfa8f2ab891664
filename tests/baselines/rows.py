"""Windows made of given numbers, for tests of what a baseline learns from them."""

import dataclasses

import numpy as np

from ml_core.baselines import Lesson
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Task
from tests.market import prices_of, read_windows

LOOKBACK = 4
TRAINED = 0.7  # the share of sessions that are learned from; a tenth is validation, the rest test


def windows_of(step_TN: np.ndarray, *, horizons: tuple[int, ...] = (1, 5)) -> Windows:
    """Tickers A, B, C… whose closes make these returns; a NaN is a session without a bar."""
    close_TN = 100 * np.exp(np.cumsum(np.nan_to_num(step_TN), axis=0))
    close_TN[np.isnan(step_TN)] = np.nan
    return read_windows(prices_of(close_TN), Task(horizons=horizons), ("momentum_1",))


def lesson_of(windows: Windows, *, seed: int = 0) -> Lesson:
    days = windows.sessions
    one, two = int(TRAINED * len(days)), int((TRAINED + 0.1) * len(days))
    split = Split(0, Span(days[0], days[one]), Span(days[one + 5], days[two]), Span(days[two + 5], days[-1]))
    return Lesson(windows, split, LOOKBACK, windows.features, seed=seed)


def rows_asked(lesson: Lesson) -> np.ndarray:
    return lesson.windows.usable(LOOKBACK) & lesson.windows.rows(lesson.split.test)


def panel_of(x_NTF: np.ndarray, y_NT: np.ndarray) -> Windows:
    """Windows with these features and these one-session outcomes, in units of volatility."""
    tickers, sessions, features = x_NTF.shape
    flat = np.ones((tickers, sessions))
    return dataclasses.replace(
        windows_of(np.zeros((sessions, tickers)), horizons=(1,)),
        features=tuple(f"f{number}" for number in range(features)),
        x_NTF=x_NTF.astype(np.float32),
        y_NTH=y_NT[:, :, None].astype(np.float32),
        unit_NTH=flat[:, :, None].astype(np.float32),
        present_NT=flat > 0,
    )
