"""Lays the windows of single rows out so that a model can be asked of all of them at once, with inputs of their last
session set to other values: beside each other as tickers, or, where a model reads every ticker jointly, one after the
other in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import numpy as np

from ml_core.forecaster.component import Component, MeanAndScale
from ml_core.forecaster.members import View
from ml_core.panel.windows import Windows

LaidValues: TypeAlias = Mapping[str, np.ndarray]  # a value for each row, by the name of the input
OF_ROWS = ("y_NTH", "unit_NTH", "state_NTK", "moved_NT", "member_NT", "close_NT")


class Laid(Protocol):
    """R windows; `tickers` are read in each."""

    @property
    def tickers(self) -> int: ...

    def answer(self, component: Component, changes: Sequence[LaidValues]) -> MeanAndScale:
        """Mean and scale under each of K changes, as (K x R, 1, H)."""
        ...


def lay_windows(view: View, places_RP: np.ndarray) -> Laid:
    """The windows that end at these places (ticker, session)."""
    joint = view.reading.layout == "joint" and len(view.windows.tickers) > 1
    return InTurn(view, places_RP) if joint else SideBySide(view, places_RP)


@dataclass(frozen=True)
class SideBySide:
    """Every row, for each change, is a copy of its window, as if it were a ticker of its own."""

    view: View
    places_RP: np.ndarray
    tickers: int = 1

    def answer(self, component: Component, changes: Sequence[LaidValues]) -> MeanAndScale:
        cut = self._cut()
        own = {name: np.tile(part, (len(changes),) + (1,) * (part.ndim - 1)) for name, part in cut.items()}
        rows = len(self.places_RP)
        for place, change in enumerate(changes):
            for name, value_R in _read(change, self.view):
                own["x_NTF"][place * rows : (place + 1) * rows, -1, name] = value_R
        back = self.view.reading.lookback
        names = tuple(f"{row}" for row in range(rows)) * len(changes)
        windows = _replace(self.view.windows, own, tickers=names, sessions=back)
        asked_NT = np.zeros(windows.close_NT.shape, dtype=bool)
        asked_NT[:, -1] = True
        mean_NTH, scale_NTH = component.answer(replace(self.view, windows=windows), asked_NT)
        return mean_NTH[:, -1:], scale_NTH[:, -1:]

    def _cut(self) -> dict[str, np.ndarray]:
        place = self.places_RP[:, :1], _steps(self.places_RP, self.view.reading.lookback)
        return {name: getattr(self.view.windows, name)[place] for name in ("x_NTF", *OF_ROWS)}


@dataclass(frozen=True)
class InTurn:
    """Every row, for each change, is a copy of the window of all tickers; the input is set for its own ticker alone."""

    view: View
    places_RP: np.ndarray

    @property
    def tickers(self) -> int:
        return len(self.view.windows.tickers)

    def answer(self, component: Component, changes: Sequence[LaidValues]) -> MeanAndScale:
        back, many = self.view.reading.lookback, len(changes)
        step_X = np.tile(_steps(self.places_RP, back).ravel(), many)
        own = {name: getattr(self.view.windows, name)[:, step_X] for name in ("x_NTF", *OF_ROWS)}
        ticker_X = np.tile(self.places_RP[:, 0], many)
        last_X = np.arange(back - 1, len(step_X), back)
        rows = len(self.places_RP)
        for place, change in enumerate(changes):
            part = slice(place * rows, (place + 1) * rows)
            for name, value_R in _read(change, self.view):
                own["x_NTF"][ticker_X[part], last_X[part], name] = value_R
        windows = _replace(
            self.view.windows, own, tickers=self.view.windows.tickers, sessions=back, times=many * rows
        )
        asked_NT = np.zeros(windows.close_NT.shape, dtype=bool)
        asked_NT[ticker_X, last_X] = True
        mean_NTH, scale_NTH = component.answer(replace(self.view, windows=windows), asked_NT)
        return mean_NTH[ticker_X, last_X][:, None], scale_NTH[ticker_X, last_X][:, None]


def _steps(places_RP: np.ndarray, back: int) -> np.ndarray:
    """session_RL of their windows."""
    return places_RP[:, 1:] + np.arange(1 - back, 1)


def _read(change: LaidValues, view: View) -> list[tuple[int, np.ndarray]]:
    """The columns that this component reads, with their values."""
    return [(view.features.index(name), value_R) for name, value_R in change.items() if name in view.features]


def _replace(
    windows: Windows,
    own: Mapping[str, np.ndarray],
    *,
    tickers: tuple[str, ...],
    sessions: int,
    times: int = 1,
) -> Windows:
    """Of windows that were read before every row is there to be asked."""
    present_NT = np.ones(own["close_NT"].shape, dtype=bool)
    days = windows.sessions[:sessions] * times
    return replace(windows, tickers=tickers, sessions=days, present_NT=present_NT, **own)
