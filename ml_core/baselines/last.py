"""Forecasts the last known outcome again: for each horizon the move that has just ended."""

from typing import ClassVar

import numpy as np

from ml_core.baselines import BaselineConfig, FeaturesRead, Learned, Lesson, PanelRows


class Config(BaselineConfig):
    """Nothing to choose."""

    reads: ClassVar[FeaturesRead] = "none"


def fit(_config: Config, _lesson: Lesson) -> Learned:
    return Learned()


def predict(_learned: Learned, asked: PanelRows) -> tuple[np.ndarray, None]:
    windows = asked.windows
    ticker_R, session_R = np.nonzero(asked.rows_NT)
    last_RH = np.zeros_like(asked.unit_RH)
    for column, horizon in enumerate(windows.horizons):
        ended_R, place_R = session_R >= horizon, np.maximum(session_R - horizon, 0)
        known_R = windows.y_NTH[ticker_R, place_R, column].astype(np.float64)
        last_RH[:, column] = np.where(ended_R, known_R * windows.unit_NTH[ticker_R, place_R, column], 0.0)
    return np.nan_to_num(last_RH) / asked.unit_RH, None
