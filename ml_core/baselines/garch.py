"""Forecasts a mean of zero and a scale by GARCH(1,1) (Bollerslev, 1986), v(t+1) = omega + alpha r(t)^2 + beta
v(t). `arch` fits each ticker's parameters with Student's t for shocks; the scale over h sessions adds the variances
that are expected of each."""

from typing import ClassVar

import numpy as np

from ml_core.baselines import BaselineConfig, FeaturesRead, Learned, Lesson, PanelRows
from ml_core.baselines._garch import answer, learn

USUAL = (0.05, 0.9)  # alpha and beta where no ticker could be fitted


class Config(BaselineConfig):
    """Nothing to choose."""

    reads: ClassVar[FeaturesRead] = "none"


def fit(_config: Config, lesson: Lesson) -> Learned:
    return learn(lesson, USUAL)


def predict(learned: Learned, asked: PanelRows) -> tuple[np.ndarray, np.ndarray]:
    alpha_N, beta_N = learned.of_tickers("weights", asked.windows.tickers).T
    level_N = learned.of_tickers("level", asked.windows.tickers)
    return answer(asked, alpha_N, np.zeros_like(alpha_N), beta_N, level_N)
