"""Fits a baseline through the same interface as a network, so that searches and `fit` treat both alike. It takes
one epoch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ml_core.baselines import Lesson, fit_baseline
from ml_core.evaluation.metrics import find_metric
from ml_core.forecaster.learners import complete
from ml_core.forecaster.members import BaselineMember
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import RunSpec
from ml_core.training.choice import choose_inputs
from ml_core.training.loop import Epoch
from ml_core.training.validation import score_of, skill_of


class BaselineFitting:
    """One baseline on its way. `epochs` fits it in one, which is its `best`; `member` is what came of it."""

    def __init__(self, spec: RunSpec, windows: Windows, split: Split) -> None:
        self.spec = spec.model_copy(update={"model": complete(spec.model)})
        self.split, self.metric = split, find_metric(spec.objective)
        self.inputs = choose_inputs(spec, windows, split.train)
        self._lesson = Lesson(
            self.inputs.windows,
            split,
            spec.reading.lookback,
            self.inputs.features,
            spec.reading.features.scaling,
            spec.seed,
        )
        self._member: BaselineMember | None = None
        self.best: Epoch | None = None

    def epochs(self) -> Iterator[Epoch]:
        fitted = fit_baseline(self.spec.model, self._lesson)
        self._member = BaselineMember(fitted)
        watch_NT = self._lesson.watch.rows_NT
        mean_NTH, _ = fitted.outputs(self.inputs.windows, watch_NT, self.inputs.features)
        self.best = Epoch(
            number=1,
            loss=float(np.mean(fitted.deviation_H**2)),
            score=score_of(self.inputs.windows, watch_NT, mean_NTH, self.metric),
            skill=skill_of(self.inputs.windows, watch_NT, mean_NTH),
        )
        yield self.best

    def member(self) -> BaselineMember:
        if self._member is None:
            list(self.epochs())
        assert self._member
        return self._member
