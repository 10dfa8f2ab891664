"""What would have turned it: a small change of today's inputs, within what the data has shown, after which the forecast
has the other sign.

How far an input moves is told in places among its known values: 0.1 is a tenth of all of them. Small is what is short:
the root of the sum of the squares of these places, over all inputs that move. Of the inputs that push most against the
forecast so many are moved as `TOGETHER` says, either all by the same part of their way to the end of the range or the
stronger the farther, each only until it turns. The shortest is taken, and each of its inputs taken back as far as the
sign stays turned. Each input is moved by itself, so that those that go together in the market may be moved apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ml_core.explain.amounts import HAIR
from ml_core.explain.attribution import ForecastPart
from ml_core.explain.method import Method
from ml_core.explain.spoken import tell
from ml_core.explain.subject import Scene, Subject
from ml_core.panel.windows import Windows

TOGETHER = (1, 2, 3, 5, 8)  # inputs that are moved at once
SECTIONS, ROUNDS = 8, 3  # in which the part of the way is found that turns: to a part in 512
BACK = 4  # steps by which an input is taken back
KNOWN = 4096  # values of an input by which places are told
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
    before = asked.before
    pushes = _find_pushes(asked)
    ways = [way for count in TOGETHER for way in _ways(pushes[:count]) if len(pushes) >= count]
    if not ways:
        return Counterfactual((), False, before, before)
    said_W = asked.say([way(1.0) for way in ways])
    turning = [way for way, said in zip(ways, said_W, strict=True) if asked.turned(said)]
    if not turning:
        best = int(np.argmin(asked.side * said_W))
        nearer = asked.side * said_W[best] < asked.side * before
        moves, after = (ways[best](1.0), float(said_W[best])) if nearer else ({}, before)
        return Counterfactual(asked.changes(moves), False, before, after)
    moves = _take_back(asked, _shortest(asked, turning))
    return Counterfactual(asked.changes(moves), True, before, float(asked.say([moves])[0]))


Moves = dict[str, float]  # by how many places among its known values an input is moved
Course = Callable[[float], Moves]  # from nothing at 0 to the ends of the range at 1


def length(moves: Moves) -> float:
    """How large a change is."""
    return float(np.linalg.norm([*moves.values()]))


@dataclass(frozen=True)
class _Push:
    """How far an input can be moved against the forecast, and by how much that brings it towards the other sign."""

    name: str
    reach: float
    brings: float

    @property
    def strength(self) -> float:
        return self.brings / abs(self.reach)


def _find_pushes(asked: _Asked) -> list[_Push]:
    """Of each input the side that pushes against the forecast; the one that brings most comes first."""
    sides = [(name, reach) for name in asked.names for reach in asked.reaches(name) if reach]
    if not sides:
        return []
    brings_S = asked.side * (asked.before - asked.say([{name: reach} for name, reach in sides]))
    best: dict[str, _Push] = {}
    for (name, reach), brings in zip(sides, brings_S.tolist(), strict=True):
        if brings > (best[name].brings if name in best else 0.0):
            best[name] = _Push(name, reach, brings)
    return sorted(best.values(), key=lambda one: -one.brings)


def _ways(pushes: list[_Push]) -> list[Course]:
    """All by the same part of their way, or the stronger the farther."""

    def evenly(part: float) -> Moves:
        return {one.name: part * one.reach for one in pushes}

    def by_strength(part: float) -> Moves:
        far = max(abs(one.reach) / one.strength for one in pushes)
        return {
            one.name: float(np.sign(one.reach)) * min(abs(one.reach), part * far * one.strength)
            for one in pushes
        }

    return [evenly, by_strength] if len(pushes) > 1 else [evenly]


def _shortest(asked: _Asked, courses: list[Course]) -> Moves:
    """Of each the least part that turns; one that cannot be the shortest any more is left out."""
    spans = [(course, 0.0, 1.0) for course in courses]
    for _ in range(ROUNDS):
        least = min(length(course(high)) for course, _, high in spans)
        spans = [span for span in spans if length(span[0](span[1])) <= least]
        parts = [np.linspace(low, high, SECTIONS + 1).tolist() for _, low, high in spans]
        said = asked.say(
            [course(part) for (course, *_), own in zip(spans, parts, strict=True) for part in own[1:-1]]
        )
        turned_CP = asked.turned(said).reshape(len(spans), SECTIONS - 1)
        firsts = [int(np.argmax([*turned_P, True])) for turned_P in turned_CP]
        spans = [
            (course, own[first], own[first + 1])
            for (course, *_), own, first in zip(spans, parts, firsts, strict=True)
        ]
    return min((course(high) for course, _, high in spans), key=length)


def _take_back(asked: _Asked, moves: Moves) -> Moves:
    """Each input as far as the sign stays turned, again and again the one of which that takes most away; one that is
    back is none that moved."""
    kept = np.linspace(0.0, 1.0, BACK + 1)[:-1].tolist()
    for _ in range(ROUNDS):
        tried = [{**moves, name: part * places} for name, places in moves.items() for part in kept]
        turned = [one for one, is_so in zip(tried, asked.turned(asked.say(tried)), strict=True) if is_so]
        if not turned:
            break
        moves = {name: places for name, places in min(turned, key=length).items() if places}
    return moves


class _Asked:
    """The model, asked of the last session with other inputs: several changes are as many copies of the ticker."""

    def __init__(self, subject: Subject) -> None:
        self.subject, self.scene = subject, subject.scene
        windows = self.scene.windows
        self.names = tuple(name for name in self.scene.forecaster.features if name in windows.features)
        self.own: dict[str, float] = {}
        self._known: dict[str, np.ndarray] = {}
        # How many of the known values lie below its own; of equal ones half.
        self._place: dict[str, float] = {}
        for name in self.names:
            known_R = _known_values(self.scene, name)
            own = float(windows.x_NTF[subject.place, -1, windows.features.index(name)])
            self.own[name] = own if np.isfinite(own) else float(np.median(known_R))
            self._known[name] = known_R
            ends = [np.searchsorted(known_R, self.own[name], side=side) for side in ("left", "right")]
            self._place[name] = float(np.mean(ends)) / len(known_R)
        self.before = float(self.say([{}])[0])
        self.side = float(np.sign(self.before))
        self._beyond = HAIR[self.scene.forecaster.spec.task.priced]

    def turned(self, said):
        """Whether it has the other sign, and by so much that it shows."""
        return self.side * said <= -self._beyond

    def reaches(self, name: str) -> tuple[float, float]:
        """By how many places it can be moved down and up; by none where it lies beyond the range."""
        place = self._place[name]
        low, high = INSIDE
        return min(low - place, 0.0), max(high - place, 0.0)

    def value(self, name: str, places: float) -> float:
        """The known value that lies so many places from its own."""
        known_R = self._known[name]
        at = min(max(self._place[name] + places, INSIDE[0]), INSIDE[1]) * (len(known_R) - 1)
        below = int(at)
        low, high = known_R[below], known_R[min(below + 1, len(known_R) - 1)]
        return float(low + (at - below) * (high - low))

    def say(self, moves: list[Moves]) -> np.ndarray:
        """The calibrated mean after each, in the target's own terms."""
        changes = [
            {name: self.value(name, places) for name, places in one.items() if places} for one in moves
        ]
        # One window of a joint model holds every ticker: it is asked once for each change.
        if self.scene.forecaster.spec.joint:
            return np.concatenate([self._say(*_changed(self.subject, change)) for change in changes])
        return self._say(*_copies(self.subject, changes))

    def _say(self, windows: Windows, place_B: np.ndarray) -> np.ndarray:
        """Of the last session of those places."""
        rows_NT = np.zeros(windows.close_NT.shape, dtype=bool)
        rows_NT[place_B, -1] = True
        mean_NTH, _ = self.scene.forecaster.outputs(windows, rows_NT)
        factor = self.scene.forecaster.calibration.trust_H[self.subject.column]
        return factor * (mean_NTH * windows.unit_NTH)[place_B, -1, self.subject.column]

    def changes(self, moves: Moves) -> tuple[Change, ...]:
        """As a reader takes them, the farthest first."""
        ordered = sorted(moves.items(), key=lambda one: -abs(one[1]))
        return tuple(
            Change(name, tell(name), self.own[name], self.value(name, places), places)
            for name, places in ordered
        )


def _known_values(scene: Scene, name: str) -> np.ndarray:
    """What the data has shown of an input, in order, evenly thinned; the same for all tickers of a session."""
    feature = scene.windows.features.index(name)
    key = ("counterfactual", feature)
    if key not in scene.remembered:
        x_NT = scene.windows.x_NTF[:, :, feature]
        known_R = np.sort(x_NT[scene.usable_NT & np.isfinite(x_NT)])
        kept = np.linspace(0, len(known_R) - 1, min(KNOWN, len(known_R))).round().astype(int)
        scene.remembered[key] = known_R[kept]
    return scene.remembered[key]


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
    about="a small change of today's inputs, within what the data has shown, that would turn the sign",
    excuse=excuse,
    explain=explain,
    level_only=True,
)
