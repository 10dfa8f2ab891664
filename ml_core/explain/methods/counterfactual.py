"""What would have turned it: a change of today's inputs, within what the data has shown, after which the forecast
has the other sign.

Inputs are moved one after the other, each to the end of its own range of the last years that pushes against the
forecast, the one first that turns most per step; the last one only as far as needed. How far is told in places of that
range: 0.1 is a tenth of all known values. Each input is moved by itself, so that those that go together in the market
may be moved apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ml_core.explain.attribution import ForecastPart
from ml_core.explain.method import Method
from ml_core.explain.spoken import tell
from ml_core.explain.subject import Subject
from ml_core.panel.windows import Windows

MOST = 3  # inputs
STEPS = 48  # from its own value to the end of the range
INSIDE = (0.01, 0.99)  # of the known values: what lies beyond is no usual day


@dataclass(frozen=True)
class Change:
    """One input of the last session: its value, the one that it would need, and how far that is among known values."""

    name: str
    words: str
    value: float
    needed: float
    places: float


@dataclass(frozen=True)
class Counterfactual:
    """`turned`: whether these changes turn the sign; otherwise they bring it as near as any do. `before` and `after`:
    the forecast, in the target's own terms."""

    changes: tuple[Change, ...]
    turned: bool
    before: float
    after: float


def excuse(subject: Subject) -> str:
    if not subject.scene.reads_features:
        return "it reads no features that could have been other"
    return "" if subject.row["mean"] else "it says no direction: there is no sign to turn"


def explain(subject: Subject, _of: ForecastPart = "level") -> Counterfactual:
    asked = _Asked(subject)
    before = asked.say([{}])[0]
    side = np.sign(before)
    held: dict[str, float] = {}
    after = before
    while len(held) < MOST and side * after > 0:
        tried = [{**held, name: end} for name in asked.names if name not in held for end in asked.ends[name]]
        if not tried:
            break
        said = asked.say(tried)
        best = int(np.argmin(side * said))
        if side * said[best] >= side * after:
            break
        held, after = tried[best], float(said[best])
    turned = bool(side * after <= 0 and side != 0)
    if turned:
        held, after = _as_little(asked, held, side)
    changes = tuple(asked.change(name, needed) for name, needed in held.items())
    return Counterfactual(changes, turned, float(before), float(after))


def _as_little(asked: _Asked, held: dict[str, float], side: float) -> tuple[dict[str, float], float]:
    """The last input moved only as far as it takes."""
    name = next(reversed(held))
    way = np.linspace(asked.own[name], held[name], STEPS + 1)[1:]
    said = asked.say([{**held, name: float(value)} for value in way])
    first = int(np.argmax(side * said <= 0))
    return {**held, name: float(way[first])}, float(said[first])


class _Asked:
    """The model, asked of the last session with other inputs: several changes are as many copies of the ticker."""

    def __init__(self, subject: Subject) -> None:
        self.subject, self.scene = subject, subject.scene
        windows = self.scene.windows
        self.names = tuple(name for name in self.scene.forecaster.features if name in windows.features)
        self.own: dict[str, float] = {}
        self.ends: dict[str, tuple[float, float]] = {}
        self._known: dict[str, np.ndarray] = {}
        for name in self.names:
            x_NT = windows.x_NTF[:, :, windows.features.index(name)]
            known_R = np.sort(x_NT[self.scene.usable_NT & np.isfinite(x_NT)])
            own = float(x_NT[subject.place, -1])
            self.own[name] = own if np.isfinite(own) else float(np.median(known_R))
            low, high = np.quantile(known_R, INSIDE)
            self.ends[name], self._known[name] = (float(low), float(high)), known_R

    def say(self, changes: list[dict[str, float]]) -> np.ndarray:
        """The calibrated mean of each, in the target's own terms."""
        if (
            self.scene.forecaster.spec.joint
        ):  # one window holds every ticker: it is asked once for each change
            return np.concatenate([self._say(*_changed(self.subject, change)) for change in changes])
        return self._say(*_copies(self.subject, changes))

    def _say(self, windows: Windows, place_B: np.ndarray) -> np.ndarray:
        """Of the last session of those places."""
        rows_NT = np.zeros(windows.close_NT.shape, dtype=bool)
        rows_NT[place_B, -1] = True
        mean_NTH, _ = self.scene.forecaster.outputs(windows, rows_NT)
        factor = self.scene.forecaster.calibration.trust_H[self.subject.column]
        return factor * (mean_NTH * windows.unit_NTH)[place_B, -1, self.subject.column]

    def change(self, name: str, needed: float) -> Change:
        known_R = self._known[name]
        places = [np.searchsorted(known_R, value) / len(known_R) for value in (self.own[name], needed)]
        return Change(name, tell(name), self.own[name], needed, float(places[1] - places[0]))


def _end(subject: Subject) -> Windows:
    """The last window of the panel."""
    scene = subject.scene
    last = len(scene.windows.sessions) - 1
    return scene.windows.cut(last + 1 - scene.forecaster.lookback, last)


def _changed(subject: Subject, change: dict[str, float]) -> tuple[Windows, np.ndarray]:
    """The last window with the ticker's own inputs changed, and its place."""
    windows = _end(subject)
    x_NTF = windows.x_NTF.copy()
    for name, value in change.items():
        x_NTF[subject.place, -1, windows.features.index(name)] = value
    present_NT = np.ones(windows.present_NT.shape, dtype=bool)
    return replace(windows, x_NTF=x_NTF, present_NT=present_NT), np.array([subject.place])


def _copies(subject: Subject, changes: list[dict[str, float]]) -> tuple[Windows, np.ndarray]:
    """The last window with nothing but a copy of the ticker for each change, and their places."""
    windows = _end(subject)
    copies = [subject.place] * len(changes)
    x_NTF = windows.x_NTF[copies]
    for row, change in enumerate(changes):
        for name, value in change.items():
            x_NTF[row, -1, windows.features.index(name)] = value
    names = ("y_NTH", "unit_NTH", "state_NTK", "moved_NT", "member_NT", "close_NT")
    mixed = replace(
        windows,
        tickers=(subject.ticker,) * len(changes),
        x_NTF=x_NTF,
        present_NT=np.ones(x_NTF.shape[:2], dtype=bool),
        **{name: getattr(windows, name)[copies] for name in names},
    )
    return mixed, np.arange(len(changes))


METHOD = Method(
    about="a change of today's inputs, within what the data has shown, that would turn the sign",
    excuse=excuse,
    explain=explain,
    level_only=True,
)
