"""Holds one file per baseline, found by its name: a `Config`, `fit(config, lesson)` and `predict(learned,
asked)`.

What was learned is plain arrays and JSON, so that it is saved beside networks and answers without the library that
fitted it. Answers stand in units of volatility, as the windows hold their targets. Files whose name begins with an
underscore hold what several baselines share.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from threadpoolctl import threadpool_limits

from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.spec import choices
from ml_core.spec.experiment import FrozenSection, Model
from ml_core.spec.file import read_options

BASELINES = __name__
FeaturesRead = Literal["none", "raw", "scaled"]  # raw: as they are


class BaselineConfig(FrozenSection):
    """A baseline's fields, some with a range beside the default, as a family's. `draws`: whether the seed matters;
    `reads`: which features it learns from."""

    draws: ClassVar[bool] = False
    reads: ClassVar[FeaturesRead] = "scaled"
    package: ClassVar[str] = ""  # what must be installed, where it does not come with us
    extra: ClassVar[str] = ""  # and the extra that brings it


@dataclass(frozen=True)
class PanelRows:
    """Places of a panel, R of them: what a baseline may look at when it answers is theirs and what came before."""

    windows: Windows
    rows_NT: np.ndarray
    features: tuple[str, ...]

    @cached_property
    def x_RF(self) -> np.ndarray:
        """The features of each place; what is not a number counts as missing."""
        ticker_R, session_R = np.nonzero(self.rows_NT)
        x_RF, windows = np.empty((len(ticker_R), len(self.features))), self.windows
        for place, name in enumerate(self.features):
            if name in windows.shared:
                x_RF[:, place] = windows.shared[name][session_R]
            else:
                x_RF[:, place] = windows.x_NTF[ticker_R, session_R, windows.features.index(name)]
        return np.where(np.isfinite(x_RF), x_RF, np.nan)

    @property
    def y_RH(self) -> np.ndarray:
        return self.windows.y_NTH[self.rows_NT].astype(np.float64)

    @property
    def unit_RH(self) -> np.ndarray:
        return self.windows.unit_NTH[self.rows_NT].astype(np.float64)


@dataclass(frozen=True)
class Lesson:
    """What a baseline may learn from: rows of training dates, and of validation dates to choose by.

    `rival`: it is not calibrated on validation dates, as a model is, but stands beside one. Whoever fits parameters
    once and chooses none by validation may then learn from all that was known before the first test date: `known_TH`.
    """

    windows: Windows
    split: Split
    lookback: int
    features: tuple[str, ...]
    scaling: str = "standard"
    seed: int = 0
    rival: bool = False

    @cached_property
    def learn(self) -> PanelRows:
        rows_NT = self.windows.usable(self.lookback) & self.windows.rows(self.split.train)
        return PanelRows(self.windows, rows_NT, self.features)

    @cached_property
    def watch(self) -> PanelRows:
        rows_NT = self.windows.usable(self.lookback) & self.windows.rows(self.split.validation)
        return PanelRows(self.windows, rows_NT, self.features)

    @cached_property
    def inside_T(self) -> np.ndarray:
        """The sessions whose closes may be learned from: training dates; for a rival those of validation too, and
        where these come before the test, every session from the first of them to the last before the test."""
        windows, split = self.windows, self.split
        train_T = windows.rows(split.train)
        if not self.rival:
            return train_T
        if max(split.train.end, split.validation.end) >= split.test.start:
            return train_T | windows.rows(split.validation)
        sessions = np.asarray(windows.sessions, dtype="datetime64[D]")
        return (sessions >= np.datetime64(split.train.start)) & (sessions < np.datetime64(split.test.start))

    @cached_property
    def known_TH(self) -> np.ndarray:
        """The sessions whose outcome at each horizon may be learned from: those of training and validation dates end
        within the gap that follows, the others must have ended before the first test date."""
        taught_T = self.windows.rows(self.split.train)
        if self.rival:
            taught_T = taught_T | self.windows.rows(self.split.validation)
        known_TH = np.repeat(taught_T[:, None], len(self.windows.horizons), axis=1)
        for column, horizon in enumerate(self.windows.horizons):
            known_TH[:-horizon, column] |= self.inside_T[:-horizon] & self.inside_T[horizon:]
        return known_TH


@dataclass(frozen=True)
class Learned:
    """The state of a fitted baseline: arrays, and facts that JSON can hold. `notes` are for the reader."""

    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def of_tickers(self, name: str, tickers: tuple[str, ...]) -> np.ndarray:
        """The array's rows for these tickers; its last row stands for tickers that were not learned from."""
        place = {ticker: number for number, ticker in enumerate(self.facts["tickers"])}
        return self.arrays[name][[place.get(ticker, len(place)) for ticker in tickers]]


@dataclass(frozen=True)
class FittedBaseline:
    """A baseline that has learned, and how far its training residuals spread at each horizon."""

    name: str
    learned: Learned
    deviation_H: np.ndarray

    def outputs(
        self, windows: Windows, rows_NT: np.ndarray, features: tuple[str, ...]
    ) -> tuple[np.ndarray, np.ndarray]:
        """mean_NTH and scale_NTH at the asked places, NaN elsewhere."""
        mean_NTH = np.full(windows.y_NTH.shape, np.nan, dtype=np.float32)
        scale_NTH = mean_NTH.copy()
        if rows_NT.any():
            asked = PanelRows(windows, rows_NT, features)
            mean_RH, scale_RH = choices.load(BASELINES, self.name).predict(self.learned, asked)
            mean_NTH[rows_NT] = mean_RH
            scale_NTH[rows_NT] = self.deviation_H if scale_RH is None else scale_RH
        return mean_NTH, scale_NTH


def fit_baseline(model: Model, lesson: Lesson) -> FittedBaseline:
    """Learn from the lesson, on one thread: sums split over more threads round otherwise."""
    known_RH = np.isfinite(lesson.learn.y_RH)
    if not known_RH.any():
        span = lesson.split.train
        raise NotEnoughData(
            f"no training window between {span.start} and {span.end}: a look-back of {lesson.lookback} and "
            f"horizon {lesson.windows.horizons[-1]} leave none"
        )
    with threadpool_limits(1):
        learned = choices.load(BASELINES, model.family).fit(configure(model), lesson)
    fitted = FittedBaseline(model.family, learned, np.ones(len(lesson.windows.horizons)))
    mean_NTH, _ = fitted.outputs(lesson.windows, lesson.learn.rows_NT, lesson.features)
    residual_RH = lesson.learn.y_RH - mean_NTH[lesson.learn.rows_NT]
    power_H = np.where(known_RH, residual_RH**2, 0.0).sum(axis=0) / np.maximum(known_RH.sum(axis=0), 1)
    return replace(fitted, deviation_H=np.maximum(np.sqrt(power_H), 1e-6))


def is_baseline(name: str) -> bool:
    """Whether a model of that name is one, and no network."""
    return name in choices.names(BASELINES)


def features_read(name: str) -> FeaturesRead:
    """Which features the baseline of that name learns from. It looks at one session's, however far back others look."""
    baseline = choices.load(BASELINES, name)
    return "raw" if getattr(baseline, "raw", False) else baseline.Config.reads


def configure(model: Model) -> BaselineConfig:
    """The checked fields of the baseline that this model is."""
    return read_options(model, choices.load(BASELINES, model.family).Config)


def check_baselines(names: tuple[str, ...], key: str) -> None:
    """Refuse a baseline that nobody wrote, or whose library is not here, before anything is judged by it."""
    known = choices.names(BASELINES)
    for name in names:
        if name not in known:
            raise InvalidInput(f"{key}: unknown baseline '{name}'{choices.nearest(name, known)}")
        config = choices.load(BASELINES, name).Config
        if config.package and not importlib.util.find_spec(config.package):
            raise InvalidInput(
                f"{key}: '{name}' needs {config.package}, which is not installed; "
                f"run: pip install 'candorcast[{config.extra}]'"
            )
