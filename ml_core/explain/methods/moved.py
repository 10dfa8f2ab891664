"""What moved this forecast: how much each input adds to where it goes, to its place among the others, and to its
scale, by feature, by lag and by both."""

from __future__ import annotations

from dataclasses import dataclass

from ml_core.explain.attribution import Attribution, ForecastPart, attribute
from ml_core.explain.method import Method
from ml_core.explain.spoken import tell
from ml_core.explain.subject import Subject


@dataclass(frozen=True)
class Piece:
    """One part of a forecast. `up` and `down`: what it adds at lags where it pushes up, and where it pushes down.
    `agreeing`: how many members push the same way; none where it is no feature."""

    name: str
    words: str
    share: float
    up: float
    down: float
    agreeing: int | None = None


@dataclass(frozen=True)
class Moved:
    """`forecast` = `base` + the shares of all pieces, the largest first. `by_lag`: of all features together, the last
    session first; `heat`: the same of each feature, in the order of `features`. Of `scale` all are logarithms."""

    of: ForecastPart
    forecast: float
    base: float
    pieces: tuple[Piece, ...]
    members: int
    features: tuple[str, ...]
    by_lag: tuple[float, ...]
    heat: tuple[tuple[float, ...], ...]

    @property
    def by_inputs(self) -> bool:
        """Whether any input moves it at all."""
        return any(map(any, self.heat))


def explain(subject: Subject, of: ForecastPart = "level") -> Moved:
    return moved(attribute(subject, of))


def moved(found: Attribution) -> Moved:
    """As a reader takes it: pieces in the order of how much they move."""
    up_and_down, agreeing = found.up_and_down(), found.agreeing()
    pieces = [
        Piece(
            name,
            tell(name),
            share,
            *up_and_down.get(name, (max(share, 0.0), min(share, 0.0))),
            agreeing.get(name),
        )
        for name, share in found.by_feature().items()
    ]
    return Moved(
        found.of,
        found.forecast,
        found.base,
        tuple(sorted(pieces, key=lambda one: -abs(one.share))),
        len(found.member_MF),
        found.names,
        tuple(found.by_lag().tolist()),
        tuple(map(tuple, found.share_LF.T.tolist())),
    )


METHOD = Method(
    about="how much each input moved the forecast up or down",
    excuse=lambda _subject: "",
    explain=explain,
)
