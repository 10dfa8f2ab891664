"""Rows to cover in, the windows whose supervised steps cover them out, drawn as batches of pieces."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

MICRO_BATCH = 64  # gradients of a batch are summed over pieces that fit the cache
Piece: TypeAlias = np.ndarray  # (series, end, unit), one row a window; `unit` counts from 0 in each piece


def tiles(rows_ST: np.ndarray, usable_ST: np.ndarray, width: int, phase: int) -> np.ndarray:
    """(series, end) of windows whose last `width` steps cover the rows; `phase` shifts where they are cut."""
    places = []
    for series in np.flatnonzero(rows_ST.any(axis=1)):
        ends = np.flatnonzero(rows_ST[series])
        first, last = ends[0], ends[-1]
        begin = max(first + width - 1, np.flatnonzero(usable_ST[series])[0])
        cuts = np.arange(max(last - phase, begin), begin - 1, -width)
        if not len(cuts) or cuts[-1] > begin:
            cuts = np.append(cuts, begin)
        places.append(np.column_stack([np.full(len(cuts), series), np.minimum(cuts, last)]))
    return np.concatenate(places) if places else np.zeros((0, 2), dtype=int)


@dataclass(frozen=True)
class Tiling:
    """The windows of an epoch. By date, all series are cut at the same dates and a piece holds whole dates, however
    many windows that are: a loss that compares tickers then has the gradient of the whole cross-section."""

    rows_ST: np.ndarray
    usable_ST: np.ndarray
    width: int
    by_date: bool = False

    def draw(self, rng: np.random.Generator, *, batch: int, limit: int | None) -> list[list[Piece]]:
        """An epoch in random order: batches of pieces, from about `limit` windows."""
        units = self._units(int(rng.integers(self.width)))
        return _batches([units[place] for place in rng.permutation(len(units))], batch, limit)

    def count(self, *, batch: int, limit: int | None) -> int:
        """How many batches an epoch has, give or take what its phase and order change."""
        return len(_batches(self._units(0), batch, limit))

    def _units(self, phase: int) -> list[np.ndarray]:
        """(series, end) of the windows that may not be parted: each alone, or all of a date."""
        if not self.by_date:
            return list(tiles(self.rows_ST, self.usable_ST, self.width, phase)[:, None])
        rows_1T, usable_1T = (np.atleast_2d(part.any(axis=0)) for part in (self.rows_ST, self.usable_ST))
        return [self._date(end) for end in tiles(rows_1T, usable_1T, self.width, phase)[:, 1]]

    def _date(self, end: int) -> np.ndarray:
        """Every series that has a whole window ending there and a row to learn in its supervised steps."""
        ready_S = self.usable_ST[:, : end + 1].any(axis=1)
        learns_S = self.rows_ST[:, max(0, end - self.width + 1) : end + 1].any(axis=1)
        series = np.flatnonzero(ready_S & learns_S)
        return np.column_stack([series, np.full(len(series), end)])


def _batches(units: list[np.ndarray], batch: int, limit: int | None) -> list[list[Piece]]:
    kept = next(_fill(units, limit), []) if limit else units
    return [[_piece(part) for part in _fill(one, MICRO_BATCH)] for one in _fill(kept, batch)]


def _fill(units: list[np.ndarray], most: int) -> Iterator[list[np.ndarray]]:
    """The units in their order, in runs of at most so many windows, or of one unit that is larger."""
    run: list[np.ndarray] = []
    held = 0
    for unit in units:
        if run and held + len(unit) > most:
            yield run
            run, held = [], 0
        run.append(unit)
        held += len(unit)
    if run:
        yield run


def _piece(units: list[np.ndarray]) -> Piece:
    number = np.repeat(np.arange(len(units)), [len(unit) for unit in units])
    return np.column_stack([np.concatenate(units), number])
