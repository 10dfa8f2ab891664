"""What would have turned it: the smallest change that is found of today's inputs, within what the data has shown, after
which the forecast has the other sign.

How far an input moves is told in places among its known values: 0.1 is a tenth of all of them. Small is what is short:
the root of the sum of the squares of these places, of at most `MOST` inputs, for a reader takes in no more. On a
straight slope the shortest way moves each input the farther the steeper it is. So slopes are taken, first towards the
ends of the range, then around the change that turned it last, and the forecast is followed along them until it turns.
Each input is moved by itself, so that those that go together in the market may be moved apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml_core.explain.amounts import HAIR
from ml_core.explain.attribution import ForecastPart
from ml_core.explain.elsewhere import Elsewhere
from ml_core.explain.method import Method
from ml_core.explain.spoken import tell
from ml_core.explain.subject import Subject

MOST = 8  # inputs that are moved at once
FIRST = (1, 3, MOST)  # of them, before slopes are known close by
ROUNDS = 2  # in which slopes are taken anew
AROUND = 0.05  # places aside, within which a slope is taken
STEPS = 24  # at which the forecast is asked along a course
LEAST = 0.01  # places: an input that moves less need not be moved


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
    if not subject.row["mean"]:
        return "it says no direction: there is no sign to turn"
    seen = abs(subject.row["mean"]) >= HAIR[subject.scene.forecaster.spec.task.priced] / 2
    return "" if seen else "it is zero to its last printed digit: there is no sign to turn"


def explain(subject: Subject, _of: ForecastPart = "level") -> Counterfactual:
    search = _Search(subject)
    moved_F, said = search.nearest()
    if search.turned(said):
        moved_F, said = search.shorten(moved_F, said)
    return Counterfactual(search.changes(moved_F), bool(search.turned(said)), search.before, float(said))


class _Search:
    """Among the moves of the inputs, those that turn the forecast."""

    def __init__(self, subject: Subject) -> None:
        self.asked = Elsewhere(subject)
        self.low_F, self.high_F = self.asked.low_F, self.asked.high_F
        ends_SF = np.concatenate([np.diag(self.low_F), np.diag(self.high_F)])
        said_S = self.asked.say(np.concatenate([np.zeros((1, len(self.low_F))), ends_SF]))
        self.before = float(said_S[0])
        self.side = float(np.sign(self.before))
        self._beyond = HAIR[subject.scene.forecaster.spec.task.priced]
        # What each brings at either end, and the side of it that brings more.
        brings_2F = self.side * (self.before - said_S[1:].reshape(2, -1))
        upper_F = brings_2F[1] > brings_2F[0]
        self.end_F = np.where(upper_F, self.high_F, self.low_F)
        self.brings_F = np.maximum(brings_2F.max(axis=0), 0.0)

    def turned(self, said):
        """Whether it has the other sign, and by so much that it shows."""
        return self.side * said <= -self._beyond

    def nearest(self) -> tuple[np.ndarray, float]:
        """Along the slopes towards the ends, of those inputs that bring most or are the steepest: the shortest change
        that turns it, or else what comes nearest."""
        reach_F = np.abs(self.end_F)
        steep_F = np.divide(self.brings_F, reach_F, out=np.zeros_like(reach_F), where=reach_F > 0)
        slope_F = np.sign(self.end_F) * steep_F
        if not slope_F.any():
            return np.zeros_like(slope_F), self.before
        courses = [_keep(slope_F, self.brings_F, count) for count in FIRST if count <= len(slope_F)]
        courses.append(_keep(slope_F, steep_F, MOST))
        need = abs(self.before) + self._beyond
        tried = [self._along(one, need, np.geomspace(0.4, 5, 11)) for one in courses]
        evenly_F = _keep(self.end_F, self.brings_F, MOST)
        return self._best(np.concatenate([*tried, np.linspace(0.1, 1.0, 10)[:, None] * evenly_F]))

    def shorten(self, moved_F: np.ndarray, said: float) -> tuple[np.ndarray, float]:
        """By slopes around it, as long as it becomes shorter; at last without those inputs that need not move."""
        for _ in range(ROUNDS):
            shorter_F, after = self._by_slopes(moved_F, said)
            if not self.turned(after) or _length(shorter_F) >= _length(moved_F):
                break
            moved_F, said = shorter_F, after
        while (without := self._without(moved_F)) is not None:
            moved_F, said = without
        return moved_F, said

    def changes(self, moved_F: np.ndarray) -> tuple[Change, ...]:
        """As a reader takes them, the farthest first."""
        names = self.asked.names
        return tuple(
            Change(
                names[place],
                tell(names[place]),
                float(self.asked.own_F[place]),
                self.asked.value(place, float(moved_F[place])),
                float(moved_F[place]),
            )
            for place in np.argsort(-np.abs(moved_F), kind="stable").tolist()
            if moved_F[place]
        )

    def _by_slopes(self, moved_F: np.ndarray, said: float) -> tuple[np.ndarray, float]:
        """The shortest that turns it along the steepest slopes around these moves, or along these moves themselves."""
        inward_F = np.where(moved_F > (self.low_F + self.high_F) / 2, -AROUND, AROUND)
        aside_F = np.clip(moved_F + inward_F, self.low_F, self.high_F)
        wide_F = aside_F - moved_F
        brought_F = self.side * (said - self.asked.say(_with_each(moved_F, aside_F)))
        slope_F = np.divide(brought_F, wide_F, out=np.zeros_like(wide_F), where=wide_F != 0)
        slope_F[slope_F * np.where(slope_F > 0, self.high_F, self.low_F) <= 0] = (
            0.0  # no way is left on that side
        )
        slope_F = _keep(slope_F, np.abs(slope_F), MOST)
        need = float(slope_F @ moved_F) + self.side * said + self._beyond
        shrunk_KF = np.linspace(0.7, 1.0, 13)[:, None] * moved_F
        if need <= 0:
            return self._best(shrunk_KF)
        course_KF = self._along(slope_F, need, np.geomspace(0.6, 6, STEPS))
        return self._best(np.concatenate([course_KF, shrunk_KF]))

    def _along(self, slope_F: np.ndarray, need: float, parts_K: np.ndarray) -> np.ndarray:
        """places_KF: parts and multiples of the shortest way that would bring so much if slopes were straight, each
        input no farther than its range; at last all at its end."""
        straight = need / float(slope_F @ slope_F)
        places_KF = np.clip(straight * parts_K[:, None] * slope_F, self.low_F, self.high_F)
        last_F = np.where(slope_F > 0, self.high_F, np.where(slope_F < 0, self.low_F, 0.0))
        return np.concatenate([places_KF, last_F[None, :]])

    def _best(self, places_KF: np.ndarray) -> tuple[np.ndarray, float]:
        """The shortest that turns it; where none does, the one that comes nearest, or none if none comes nearer."""
        said_K = self.asked.say(places_KF)
        turned_K = self.turned(said_K)
        if turned_K.any():
            place = int(np.argmin(np.where(turned_K, np.linalg.norm(places_KF, axis=1), np.inf)))
            return places_KF[place], float(said_K[place])
        place = int(np.argmin(self.side * said_K))
        nearer = self.side * said_K[place] < self.side * self.before
        return (places_KF[place], float(said_K[place])) if nearer else (0 * places_KF[0], self.before)

    def _without(self, moved_F: np.ndarray) -> tuple[np.ndarray, float] | None:
        """The same with one input less, and all that hardly move, if it is turned then too."""
        moving = np.flatnonzero(moved_F)
        if len(moving) < 2:
            return None
        fewer_KF = np.tile(moved_F, (len(moving), 1))
        fewer_KF[np.arange(len(moving)), moving] = 0.0
        kept_F = np.where(np.abs(moved_F) < LEAST, 0.0, moved_F)
        if kept_F.any() and (kept_F != moved_F).any():
            stretched_KF = np.clip(np.linspace(1.0, 1.1, 11)[:, None] * kept_F, self.low_F, self.high_F)
            fewer_KF = np.concatenate([fewer_KF, stretched_KF])
        found_F, said = self._best(fewer_KF)
        return (found_F, said) if self.turned(said) else None


def _length(moved_F: np.ndarray) -> float:
    """How large a change is."""
    return float(np.linalg.norm(moved_F))


def _keep(slope_F: np.ndarray, by_F: np.ndarray, count: int) -> np.ndarray:
    """As many of them as that are the first by it; the others are not moved."""
    kept_F = np.zeros_like(slope_F)
    first = np.argsort(-by_F, kind="stable")[:count]
    kept_F[first] = slope_F[first]
    return kept_F


def _with_each(moved_F: np.ndarray, ends_F: np.ndarray) -> np.ndarray:
    """places_FF: the moves, in each row one input at its end."""
    places_FF = np.tile(moved_F, (len(moved_F), 1))
    np.fill_diagonal(places_FF, ends_F)
    return places_FF


METHOD = Method(
    about="a small change of today's inputs, within what the data has shown, that would turn the sign",
    excuse=excuse,
    explain=explain,
    level_only=True,
)
