"""Tells where a simple rival did better than a model on the holdout that it was judged on."""

from collections.abc import Iterator
from dataclasses import dataclass

from ml_core.registry.scores import Score
from ml_core.registry.version import ModelVersion
from ml_core.vocabulary import words

ASKED = "ic"  # which goes better than which, on the same rows for all
SHOWN = 3


@dataclass(frozen=True)
class RivalAhead:
    """The best rival at a horizon, with a higher figure than the model's own."""

    horizon: int
    rival: str
    theirs: float
    own: float

    @property
    def told(self) -> str:
        theirs, own = (words.write(one, words.metric(ASKED).form) for one in (self.theirs, self.own))
        return f"{words.baseline(self.rival)} {theirs} beside {own} ({self.horizon} ahead)"


def rivals_ahead(version: ModelVersion) -> list[RivalAhead]:
    """At each horizon where one was ahead, however little."""
    rows = {row.horizon: row for row in _rows(version)}
    found = (_best(rows[horizon]) for horizon in version.spec.task.horizons if horizon in rows)
    return [one for one in found if one]


def tell_rivals(version: ModelVersion) -> str:
    """In a sentence; empty where none was ahead."""
    ahead = [one.told for one in rivals_ahead(version)]
    more = f"; and at {len(ahead) - SHOWN} more" if len(ahead) > SHOWN else ""
    label = words.metric(ASKED).label
    return (
        f"On the holdout a simple rival had a higher {label}: {'; '.join(ahead[:SHOWN])}{more}."
        if ahead
        else ""
    )


def _rows(version: ModelVersion) -> Iterator[Score]:
    return (row for row in version.evidence.holdout_scores if row.metric == ASKED and row.ticker == "*")


def _best(row: Score) -> RivalAhead | None:
    known = [(one.value, name) for name, one in row.beside.items() if one.value is not None]
    best, name = max(known, default=(float("-inf"), ""))
    if row.value is None or best <= row.value:
        return None
    return RivalAhead(row.horizon, name, best, row.value)
