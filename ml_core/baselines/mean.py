"""Forecasts each ticker's own mean outcome over the dates that it may learn from, or the mean of all tickers for one
that has none."""

from typing import ClassVar

import numpy as np

from ml_core.baselines import BaselineConfig, FeaturesRead, Learned, Lesson, PanelRows


class Config(BaselineConfig):
    """Nothing to choose."""

    reads: ClassVar[FeaturesRead] = "none"


def fit(_config: Config, lesson: Lesson) -> Learned:
    windows = lesson.windows
    return_NTH = windows.y_NTH.astype(np.float64) * windows.unit_NTH
    known_NTH = np.isfinite(return_NTH) & windows.usable(lesson.lookback)[:, :, None] & lesson.known_TH
    total_NH, count_NH = np.where(known_NTH, return_NTH, 0).sum(axis=1), known_NTH.sum(axis=1)
    everyone_H = total_NH.sum(axis=0) / np.maximum(count_NH.sum(axis=0), 1)
    own_NH = np.where(count_NH > 0, total_NH / np.maximum(count_NH, 1), everyone_H)
    return Learned({"mean": np.vstack([own_NH, everyone_H])}, {"tickers": list(windows.tickers)})


def predict(learned: Learned, asked: PanelRows) -> tuple[np.ndarray, None]:
    mean_NH = learned.of_tickers("mean", asked.windows.tickers)
    return mean_NH[np.nonzero(asked.rows_NT)[0]] / asked.unit_RH, None
