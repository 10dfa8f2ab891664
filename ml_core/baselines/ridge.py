"""Forecasts linearly from today's features. The penalty is chosen on the validation dates, for each horizon by
itself."""

from dataclasses import fields
from typing import Annotated

import numpy as np
from pydantic import Field

from ml_core.baselines import BaselineConfig, Learned, Lesson, PanelRows
from ml_core.features.scaling import Scaler, fit_scaler

PENALTIES = (1e1, 1e2, 1e3, 1e4, 1e5)


class Config(BaselineConfig):
    """`penalty`: one for all horizons; without it, the best of five decades on the validation dates."""

    penalty: Annotated[float, Field(gt=0)] | None = None


def fit(config: Config, lesson: Lesson) -> Learned:
    series_RF = lesson.learn.x_RF[None]
    scaler = fit_scaler(series_RF, np.ones(series_RF.shape[:2], dtype=bool), lesson.scaling)
    x_RF, x_WF = (scaler.scale(asked.x_RF) for asked in (lesson.learn, lesson.watch))
    lines = [
        _fit_line(x_RF, y_R, x_WF, y_W, (config.penalty,) if config.penalty else PENALTIES)
        for y_R, y_W in zip(lesson.learn.y_RH.T, lesson.watch.y_RH.T, strict=True)
    ]
    slopes, levels, penalties = (np.array(part) for part in zip(*lines, strict=True))
    return Learned({**vars(scaler), "slope": slopes, "level": levels, "penalty": penalties})


def predict(learned: Learned, asked: PanelRows) -> tuple[np.ndarray, None]:
    scaler = Scaler(*(learned.arrays[part.name] for part in fields(Scaler)))
    x_RF = scaler.scale(asked.x_RF)
    levels, slopes = learned.arrays["level"], learned.arrays["slope"]
    lines = [_along(x_RF, slope_F, level) for slope_F, level in zip(slopes, levels, strict=True)]
    return np.stack(lines, axis=1), None


def _fit_line(
    x_RF: np.ndarray, y_R: np.ndarray, x_WF: np.ndarray, y_W: np.ndarray, penalties: tuple[float, ...]
) -> tuple[np.ndarray, float, float]:
    """Slopes, level and penalty; every penalty comes from one decomposition. Without outcomes, a flat zero."""
    known_R, known_W = np.isfinite(y_R), np.isfinite(y_W)
    if not known_R.any():
        return np.zeros(x_RF.shape[1]), 0.0, penalties[0]
    x_RF, y_R = x_RF[known_R], y_R[known_R]
    middle_F, level = x_RF.mean(axis=0), float(y_R.mean())
    values_F, vectors_FF = np.linalg.eigh((x_RF - middle_F).T @ (x_RF - middle_F))
    along_F = vectors_FF.T @ ((x_RF - middle_F).T @ (y_R - level))
    lines = []
    for penalty in penalties:
        slope_F = vectors_FF @ (along_F / (np.maximum(values_F, 0.0) + penalty))
        start = level - float(middle_F @ slope_F)
        error = np.square(y_W - _along(x_WF, slope_F, start))[known_W].mean() if known_W.any() else 0.0
        lines.append((error, slope_F, start, penalty))
    _, slope_F, start, penalty = min(lines, key=lambda line: line[0])
    return slope_F, start, penalty


def _along(x_RF: np.ndarray, slope_F: np.ndarray, level: float) -> np.ndarray:
    """A row's sum is taken feature by feature: a matrix product rounds with the number of rows."""
    total_R = np.full(len(x_RF), level)
    for x_R, slope in zip(x_RF.T, slope_F, strict=True):
        total_R += x_R * slope
    return total_R
