"""Forecasts the exponentially weighted mean of past returns; its scale is their weighted deviation about that
mean."""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from ml_core.baselines import BaselineConfig, FeaturesRead, Learned, Lesson, PanelRows
from ml_core.baselines._paths import add_means, add_variances
from ml_core.features.target import past_mean
from ml_core.spec.ranges import OneOf

LEAST_SHARE = 1e-4  # of the second moment: a constant return still has a scale


class Config(BaselineConfig):
    """`span` in sessions: a session that long ago weighs about an eighth of today's."""

    reads: ClassVar[FeaturesRead] = "none"
    span: Annotated[int, Field(ge=2), OneOf(21, 63, 126, 252)] = 63


def fit(config: Config, _lesson: Lesson) -> Learned:
    return Learned(facts={"span": config.span})


def predict(learned: Learned, asked: PanelRows) -> tuple[np.ndarray, np.ndarray]:
    step_NT, span = asked.windows.step_NT, learned.facts["span"]
    known_NT, filled_NT = np.isfinite(step_NT), np.nan_to_num(step_NT)
    mean_R = past_mean(filled_NT, known_NT, span=span)[asked.rows_NT]
    square_R = past_mean(filled_NT**2, known_NT, span=span)[asked.rows_NT]
    least_R = np.maximum(LEAST_SHARE * square_R, 1e-12)
    variance_R = np.maximum(square_R - mean_R**2, least_R)
    longest = asked.windows.horizons[-1]
    paths = (np.repeat(part[:, None], longest, axis=1) for part in (mean_R, variance_R))
    mean_RH, scale_RH = (
        add(path, asked) for add, path in zip((add_means, add_variances), paths, strict=True)
    )
    return np.nan_to_num(mean_RH), np.where(np.isfinite(scale_RH), scale_RH, 1.0)
