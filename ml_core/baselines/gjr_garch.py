"""Forecasts a mean of zero and a scale by GJR-GARCH(1,1) (Glosten, Jagannathan and Runkle, 1993), v(t+1) = omega +
(alpha + gamma [r(t) < 0]) r(t)^2 + beta v(t): a fall makes the next session wilder than a rise of the same size does.
`arch` fits each ticker's parameters with Student's t for shocks."""

from typing import ClassVar

import numpy as np

from ml_core.baselines import BaselineConfig, FeaturesRead, Learned, Lesson, PanelRows
from ml_core.baselines._garch import answer, learn

USUAL = (0.02, 0.06, 0.9)  # alpha, gamma and beta where no ticker could be fitted


class Config(BaselineConfig):
    """Nothing to choose."""

    reads: ClassVar[FeaturesRead] = "none"


def fit(_config: Config, lesson: Lesson) -> Learned:
    return learn(lesson, USUAL)


def predict(learned: Learned, asked: PanelRows) -> tuple[np.ndarray, np.ndarray]:
    alpha_N, gamma_N, beta_N = learned.of_tickers("weights", asked.windows.tickers).T
    return answer(asked, alpha_N, gamma_N, beta_N, learned.of_tickers("level", asked.windows.tickers))
