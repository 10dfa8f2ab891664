"""A read-only mapping of dates to numbers that takes little memory: the ledger of a search holds thousands of trials,
each with a number for the same dates. The dates are held once, and only the numbers for each trial."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Dates that several of them share are held once, with the place of each.
_known: Final[dict[tuple[str, ...], dict[str, int]]] = {}


class DatedScores(Mapping[str, float]):
    """Reads like a dict of date to number, in eight bytes a number."""

    __slots__ = ("_place", "values_T")

    def __init__(self, numbers: Mapping[str, float]) -> None:
        dates = tuple(numbers)
        self._place = _known.setdefault(dates, {date: place for place, date in enumerate(dates)})
        self.values_T = array("d", numbers.values())

    def __reduce__(self) -> tuple:
        """Dates that another process sends are held once here too."""
        return DatedScores, (dict(self),)

    def __getitem__(self, date: str) -> float:
        return self.values_T[self._place[date]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._place)

    def __len__(self) -> int:
        return len(self.values_T)

    def __contains__(self, date: object) -> bool:
        return date in self._place


def values_on(dates: Sequence[str], numbers: Mapping[str, float]) -> NDArray[np.float64]:
    """The numbers on these dates, NaN where there is none. Those of a thousand trials lie ready in their order."""
    if isinstance(numbers, DatedScores) and tuple(numbers) == dates:
        return np.frombuffer(numbers.values_T)
    return np.array([numbers.get(date, np.nan) for date in dates], dtype=float)
