"""Tomorrow's price is today's: a return of zero. The hardest baseline to beat on prices."""

import numpy as np

from ml_core.baselines import Asked, BaselineConfig, Learned, Lesson


class Config(BaselineConfig):
    """Nothing to choose."""


def fit(_config: Config, _lesson: Lesson) -> Learned:
    return Learned()


def predict(_learned: Learned, asked: Asked) -> tuple[np.ndarray, None]:
    return np.zeros_like(asked.unit_RH), None
