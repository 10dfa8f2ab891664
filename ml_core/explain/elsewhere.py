"""Asks a model of one forecast with other inputs of its last session. How far an input moves is told in places among
its known values: 0.1 is a tenth of all of them."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ml_core.explain.laying import Laid, lay_windows
from ml_core.explain.subject import Scene, Subject
from ml_core.forecaster.component import Component, combine

KNOWN = 4096  # values of an input by which places are told
INSIDE = (0.01, 0.99)  # of the known values: what lies beyond is no usual day


class Elsewhere:
    """One forecast, with its F inputs moved by places_F."""

    def __init__(self, subject: Subject) -> None:
        self.subject, scene = subject, subject.scene
        windows = scene.windows
        self.names = tuple(name for name in scene.forecaster.features if name in windows.features)
        known = [_known_values(scene, name) for name in self.names]
        own = [float(windows.x_NTF[subject.place, -1, windows.features.index(name)]) for name in self.names]
        self._known = known
        self.own_F = np.array(
            [value if np.isfinite(value) else np.median(part) for value, part in zip(own, known, strict=True)]
        )
        self._place_F = np.array(
            [_place_of(value, part) for value, part in zip(self.own_F, known, strict=True)]
        )

    @property
    def low_F(self) -> np.ndarray:
        """How far each can be moved down; not at all where it lies beyond the range."""
        return np.minimum(INSIDE[0] - self._place_F, 0.0)

    @property
    def high_F(self) -> np.ndarray:
        return np.maximum(INSIDE[1] - self._place_F, 0.0)

    def value(self, feature: int, places: float) -> float:
        """The known value that lies so many places from its own; its own, where it is not moved."""
        if not places:
            return float(self.own_F[feature])
        known_R = self._known[feature]
        at = min(max(self._place_F[feature] + places, INSIDE[0]), INSIDE[1]) * (len(known_R) - 1)
        below = int(at)
        low, high = known_R[below], known_R[min(below + 1, len(known_R) - 1)]
        return float(low + (at - below) * (high - low))

    def say(self, places_KF: np.ndarray) -> np.ndarray:
        """said_K: the calibrated mean after each of K moves, in the target's own terms."""
        changes = [
            {
                self.names[feature]: np.array([self.value(feature, float(places_F[feature]))])
                for feature in np.flatnonzero(places_F).tolist()
            }
            for places_F in places_KF
        ]
        scene, column = self.subject.scene, self.subject.column
        parts = self._parts
        answers = [laid.answer(one, changes) for one, laid in zip(parts, self._laid, strict=True)]
        mean_K = combine(parts, answers)[0][:, 0, column]
        unit = scene.windows.unit_NTH[self.subject.place, -1, column]
        return (scene.forecaster.calibration.trust_H[column] * mean_K * unit).astype(float)

    @cached_property
    def _parts(self) -> tuple[Component, ...]:
        """Few windows are asked at once, and no bit counts."""
        return tuple(one.unfilled() for one in self.subject.scene.forecaster.components)

    @cached_property
    def _laid(self) -> tuple[Laid, ...]:
        last = len(self.subject.scene.windows.sessions) - 1
        where_RP = np.array([[self.subject.place, last]])
        return tuple(lay_windows(view, where_RP) for view in self.subject.scene.views)


def _place_of(value: float, known_R: np.ndarray) -> float:
    """How many of the known values lie below; of equal ones half."""
    ends = [np.searchsorted(known_R, value, side=side) for side in ("left", "right")]
    return float(np.mean(ends)) / len(known_R)


def _known_values(scene: Scene, name: str) -> np.ndarray:
    """What the data has shown of an input, in order, evenly thinned; the same for all tickers of a session."""
    feature = scene.windows.features.index(name)
    key = ("elsewhere", feature)
    if key not in scene.remembered:
        x_NT = scene.windows.x_NTF[:, :, feature]
        known_R = np.sort(x_NT[scene.usable_NT & np.isfinite(x_NT)])
        kept = np.linspace(0, len(known_R) - 1, min(KNOWN, len(known_R))).round().astype(int)
        scene.remembered[key] = known_R[kept]
    return scene.remembered[key]
