"""Forecasts a return of zero: tomorrow's price is today's. On prices nothing is harder to beat."""

from typing import ClassVar

import numpy as np

from ml_core.baselines import BaselineConfig, FeaturesRead, Learned, Lesson, PanelRows


class Config(BaselineConfig):
    """Nothing to choose."""

    reads: ClassVar[FeaturesRead] = "none"


def fit(_config: Config, _lesson: Lesson) -> Learned:
    return Learned()


def predict(_learned: Learned, asked: PanelRows) -> tuple[np.ndarray, None]:
    return np.zeros_like(asked.unit_RH), None
