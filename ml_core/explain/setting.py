"""Asks a model of single rows with inputs of their last session set to other values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from ml_core.explain.laying import Laid, LaidValues, lay_windows
from ml_core.explain.stretch import Stretch
from ml_core.forecaster.component import combine

COUNT = 48
AT_ONCE = 4096  # windows of a ticker


class Background:
    """Rows of a stretch, drawn without order."""

    def __init__(self, stretch: Stretch, seed: int) -> None:
        self.stretch = stretch
        places_RP = np.argwhere(stretch.asked_NT)
        rng = np.random.default_rng(seed)
        chosen = rng.choice(len(places_RP), size=min(COUNT, len(places_RP)), replace=False)
        self.places_RP = places_RP[chosen]

    @property
    def count(self) -> int:
        return len(self.places_RP)

    @property
    def names(self) -> tuple[str, ...]:
        return self.stretch.names

    def values(self, name: str) -> np.ndarray:
        """value_R of their last session; one that is missing is taken for the middle of the others."""
        value_R = self.stretch.values(name)[tuple(self.places_RP.T)].astype(float)
        known_R = value_R[np.isfinite(value_R)]
        return np.where(np.isfinite(value_R), value_R, np.median(known_R) if len(known_R) else 0.0)

    def say(self, changes: Sequence[LaidValues], column: int) -> tuple[np.ndarray, np.ndarray]:
        """mean_KR in the target's own terms at usual volatility, and the logarithm of scale_KR as it is served, under
        each of K changes, which give a value for each row."""
        forecaster = self.stretch.forecaster
        wide = self.count * max(laid.tickers for laid in self._laid)
        per = max(1, AT_ONCE // wide)
        told = [self._ask(changes[start : start + per], column) for start in range(0, len(changes), per)]
        mean_KR, scale_KR = (
            np.concatenate(part).reshape(len(changes), -1) for part in zip(*told, strict=True)
        )
        factor = float(forecaster.calibration.trust_H[column]) * self.usual_unit(column)
        return factor * mean_KR, forecaster.calibration.share * np.log(scale_KR)

    def usual_unit(self, column: int) -> float:
        return float(np.median(self.stretch.windows.unit_NTH[tuple(self.places_RP.T)][:, column]))

    @cached_property
    def _laid(self) -> tuple[Laid, ...]:
        return tuple(lay_windows(view, self.places_RP) for view in self.stretch.views)

    def _ask(self, changes: Sequence[LaidValues], column: int) -> tuple[np.ndarray, np.ndarray]:
        parts = self.stretch.forecaster.components
        answers = [laid.answer(one, changes) for one, laid in zip(parts, self._laid, strict=True)]
        mean_NTH, scale_NTH = combine(parts, answers)
        return mean_NTH[:, 0, column], scale_NTH[:, 0, column]
