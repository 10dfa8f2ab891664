"""Numbers by date, kept small: a search has thousands of trials with a number on each of the same dates."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from typing import Final

# Dates that several of them share are held once, with the place of each.
_known: Final[dict[tuple[str, ...], dict[str, int]]] = {}


class Dated(Mapping[str, float]):
    """Reads like a dict of date to number, in eight bytes a number."""

    __slots__ = ("_place", "values_T")

    def __init__(self, numbers: Mapping[str, float]) -> None:
        dates = tuple(numbers)
        self._place = _known.setdefault(dates, {date: place for place, date in enumerate(dates)})
        self.values_T = array("d", numbers.values())

    def __getitem__(self, date: str) -> float:
        return self.values_T[self._place[date]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._place)

    def __len__(self) -> int:
        return len(self.values_T)

    def __contains__(self, date: object) -> bool:
        return date in self._place
