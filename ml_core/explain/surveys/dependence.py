"""How the mean and the scale depend on single inputs of the last session (partial dependence; Friedman 2001), and which
two of them count together for more than each by itself (the H-statistic of a pair; Friedman and Popescu 2008).

An input is set to one value on every row of a background while all others stay as they were, and the answers are
averaged. H is the share of what two inputs do together, as a deviation, that is not the sum of what each does: 0 where
they add up, 1 where neither does anything alone. Of a pair that does next to nothing it says next to nothing, and of
kin it may be above 1, for they are set to values that never come together. So pairs are ranked by how large what they
do beyond the sum is (the H that is not divided; Inglis, Parnell and Hurley 2022).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Literal

import numpy as np

from ml_core.explain.setting import Background
from ml_core.explain.sharing import way_of
from ml_core.explain.spoken import tell
from ml_core.explain.stretch import NO_FEATURES, Stretch
from ml_core.explain.survey import Survey

TOP, SHIFTS = 6, 6  # inputs that are told of; exchanges by which they are chosen
GRID = np.linspace(0.05, 0.95, 11)  # places among the values of the background
OWN_PAST = "one of its members reads a ticker's own past, which cannot be set on single rows"
SurveyedPart = Literal["level", "scale"]


@dataclass(frozen=True)
class Curve:
    """An input: what is said beside the average at these values of it. `reach`: how far the answer moves, on average,
    where its value is exchanged with another row's."""

    name: str
    words: str
    values: tuple[float, ...]
    effect: tuple[float, ...]
    reach: float


@dataclass(frozen=True)
class Pair:
    """Two inputs: their H, and the deviation of what they do together beyond what each does."""

    names: tuple[str, str]
    words: tuple[str, str]
    h: float
    beyond: float


@dataclass(frozen=True)
class OfPart:
    """The inputs that reach farthest, and all pairs of them, the one first that does most beyond what each does. Of the
    mean in the target's own terms at usual volatility (log returns), of the scale in its logarithm."""

    of: SurveyedPart
    curves: tuple[Curve, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Dependence:
    """`rows`: so many of the sessions that were not learned from are the background."""

    horizon: int
    rows: int
    level: OfPart
    scale: OfPart


def excuse(stretch: Stretch) -> str:
    if not stretch.reads_features:
        return NO_FEATURES
    return OWN_PAST if any(way_of(member) == "past" for member in stretch.forecaster.members) else ""


def explain(stretch: Stretch, horizon: int, seed: int) -> Dependence:
    asked = _Asked(Background(stretch, seed), stretch.column(horizon))
    return Dependence(horizon, asked.background.count, _tell(asked, "level"), _tell(asked, "scale"))


class _Asked:
    """The averages over the background that curves and pairs are made of, each asked once."""

    def __init__(self, background: Background, column: int) -> None:
        self.background, self.column = background, column
        self.value = {name: background.values(name) for name in background.names}
        self.averages = cache(self._averages)

    def said(self, changes: Sequence[Mapping[str, np.ndarray]]) -> dict[SurveyedPart, np.ndarray]:
        """said_KR of each part, under each of the changes."""
        level_KR, scale_KR = self.background.say(changes, self.column)
        return {"level": level_KR, "scale": scale_KR}

    def _averages(self, names: tuple[str, ...]) -> dict[SurveyedPart, np.ndarray]:
        """average_R of each part with these inputs as they are on each row of the background, less the mean of all."""
        count = self.background.count
        changes = [{name: np.full(count, self.value[name][row]) for name in names} for row in range(count)]
        averages: dict[SurveyedPart, np.ndarray] = {}
        for of, said_KR in self.said(changes).items():
            average_R = said_KR.mean(axis=1)
            averages[of] = average_R - average_R.mean()
        return averages

    def reach(self, name: str) -> dict[SurveyedPart, float]:
        shifts = np.unique(np.linspace(1, self.background.count - 1, SHIFTS).astype(int))
        changes = [{}, *({name: np.roll(self.value[name], shift)} for shift in shifts.tolist())]
        reaches: dict[SurveyedPart, float] = {}
        for of, said_KR in self.said(changes).items():
            reaches[of] = float(np.abs(said_KR[1:] - said_KR[0]).mean())
        return reaches

    def curve(self, name: str, of: SurveyedPart, reach: float) -> Curve:
        values = np.unique(np.quantile(self.value[name], GRID))
        changes = [{name: np.full(self.background.count, value)} for value in values]
        effect = self.said(changes)[of].mean(axis=1)
        usual = self.said([{}])[of].mean()
        return Curve(name, tell(name), tuple(values.tolist()), tuple((effect - usual).tolist()), reach)

    def pair(self, one: str, other: str, of: SurveyedPart) -> Pair:
        both_R = self.averages((one, other))[of]
        rest_R = both_R - self.averages((one,))[of] - self.averages((other,))[of]
        whole = float(np.square(both_R).sum())
        h = float(np.sqrt(np.square(rest_R).sum() / whole)) if whole > 0 else 0.0
        return Pair((one, other), (tell(one), tell(other)), h, float(np.sqrt(np.square(rest_R).mean())))


def _tell(asked: _Asked, of: SurveyedPart) -> OfPart:
    reach = {name: asked.reach(name)[of] for name in asked.background.names}
    top = [name for name in sorted(reach, key=lambda name: -reach[name])[:TOP] if reach[name] > 0]
    curves = tuple(asked.curve(name, of, reach[name]) for name in top)
    pairs = [asked.pair(one, other, of) for one, other in combinations(top, 2)]
    return OfPart(of, curves, tuple(sorted(pairs, key=lambda pair: -pair.beyond)))


SURVEY = Survey(
    about="how the mean and the scale depend on single inputs, and which pairs count together",
    excuse=excuse,
    tell=explain,
)
