"""Asks a model of single rows with inputs of their last session set to other values: every row, for each setting of
it, is a copy of its window, as if it were a ticker of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from ml_core.explain.stretch import Stretch
from ml_core.forecaster.component import combine
from ml_core.forecaster.members import View
from ml_core.panel.windows import Windows

COUNT = 48
AT_ONCE = 4096  # windows
OF_ROWS = ("y_NTH", "unit_NTH", "state_NTK", "moved_NT", "member_NT", "close_NT")


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

    def say(self, changes: Sequence[Mapping[str, np.ndarray]], column: int) -> tuple[np.ndarray, np.ndarray]:
        """mean_KR in the target's own terms at usual volatility, and the logarithm of scale_KR as it is served, under
        each of K changes, which give a value for each row."""
        forecaster, per = self.stretch.forecaster, max(1, AT_ONCE // self.count)
        told = [self._ask(changes[start : start + per], column) for start in range(0, len(changes), per)]
        mean_KR, scale_KR = (
            np.concatenate(part).reshape(len(changes), -1) for part in zip(*told, strict=True)
        )
        factor = float(forecaster.calibration.trust_H[column]) * self.usual_unit(column)
        return factor * mean_KR, forecaster.calibration.share * np.log(scale_KR)

    def usual_unit(self, column: int) -> float:
        return float(np.median(self.stretch.windows.unit_NTH[tuple(self.places_RP.T)][:, column]))

    @cached_property
    def _windows(self) -> tuple[View, ...]:
        return tuple(_windows_of(view, self.places_RP) for view in self.stretch.views)

    def _ask(self, changes: Sequence[Mapping[str, np.ndarray]], column: int) -> tuple[np.ndarray, np.ndarray]:
        parts = self.stretch.forecaster.components
        answers = []
        for component, view in zip(parts, self._windows, strict=True):
            copies = _copies(view, changes)
            rows_NT = np.zeros(copies.windows.close_NT.shape, dtype=bool)
            rows_NT[:, -1] = True
            mean_NTH, scale_NTH = component.answer(copies, rows_NT)
            answers.append((mean_NTH[:, -1:], scale_NTH[:, -1:]))  # they look back differently far
        mean_NTH, scale_NTH = combine(parts, answers)
        return mean_NTH[:, 0, column], scale_NTH[:, 0, column]


def _windows_of(view: View, places_RP: np.ndarray) -> View:
    """The windows that end at these places, one beside the other as tickers."""
    windows, back = view.windows, view.reading.lookback
    ticker_R1 = places_RP[:, :1]
    session_RL = places_RP[:, 1:] + np.arange(1 - back, 1)
    own = {name: getattr(windows, name)[ticker_R1, session_RL] for name in ("x_NTF", *OF_ROWS)}
    cut = replace(
        windows,
        tickers=tuple(f"{row}" for row in range(len(places_RP))),
        sessions=windows.sessions[:back],
        present_NT=np.ones(session_RL.shape, dtype=bool),
        **own,
    )
    return View(cut, view.features, view.reading)


def _copies(view: View, changes: Sequence[Mapping[str, np.ndarray]]) -> View:
    """All windows once for each change, with the inputs of their last session set."""
    windows, many = view.windows, len(changes)
    x_NTF = np.tile(windows.x_NTF, (many, 1, 1))
    rows = len(windows.tickers)
    for place, change in enumerate(changes):
        for name, value_R in change.items():
            if name in view.features:
                x_NTF[place * rows : (place + 1) * rows, -1, view.features.index(name)] = value_R
    repeated = {
        name: np.tile(part, (many,) + (1,) * (part.ndim - 1))
        for name, part in ((name, getattr(windows, name)) for name in (*OF_ROWS, "present_NT"))
    }
    copies: Windows = replace(windows, tickers=windows.tickers * many, x_NTF=x_NTF, **repeated)
    return View(copies, view.features, view.reading)
