"""Chooses windows whose supervised steps cover the rows to learn from, each row about once, and draws them as
batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ml_core.panel.tiles import tiles

MICRO_BATCH = 64  # gradients of a batch are summed over pieces that fit the cache
Tile: TypeAlias = np.ndarray  # (series, end, unit), one row a window; `unit` counts from 0 in each piece


@dataclass(frozen=True)
class Tiling:
    """The windows of an epoch. By date, all series are cut at the same dates and a piece holds whole dates, however
    many windows that are: a loss that compares tickers then has the gradient of the whole cross-section."""

    rows_ST: np.ndarray
    usable_ST: np.ndarray
    width: int
    by_date: bool = False

    def draw(self, rng: np.random.Generator, *, batch: int, limit: int | None) -> list[list[Tile]]:
        """An epoch in random order: batches of pieces, from about `limit` windows."""
        places, edges = self._units(int(rng.integers(self.width)))
        order = rng.permutation(len(edges) - 1)
        sizes = np.diff(edges)[order]
        to = np.append(0, sizes.cumsum())
        rows = places[np.repeat(edges[:-1][order] - to[:-1], sizes) + np.arange(to[-1])]
        return _batches(np.column_stack([rows, np.repeat(np.arange(len(sizes)), sizes)]), to, batch, limit)

    def count(self, *, batch: int, limit: int | None) -> int:
        """How many batches an epoch has, give or take what its phase and order change."""
        _, edges = self._units(0)
        return len(list(_runs(edges, batch, limit)))

    def _units(self, phase: int) -> tuple[np.ndarray, np.ndarray]:
        """(series, end) of all windows, and the edges between those that may not be parted: each alone, or a date."""
        if not self.by_date:
            places = tiles(self.rows_ST, self.usable_ST, self.width, phase)
            return places, np.arange(len(places) + 1)
        rows_1T, usable_1T = (np.atleast_2d(part.any(axis=0)) for part in (self.rows_ST, self.usable_ST))
        dates = [self._date(end) for end in tiles(rows_1T, usable_1T, self.width, phase)[:, 1]]
        return np.concatenate(dates), np.append(0, np.cumsum([len(date) for date in dates]))

    def _date(self, end: int) -> np.ndarray:
        """Every series that has a whole window ending there and a row to learn in its supervised steps."""
        ready_S = self.usable_ST[:, : end + 1].any(axis=1)
        learns_S = self.rows_ST[:, max(0, end - self.width + 1) : end + 1].any(axis=1)
        series = np.flatnonzero(ready_S & learns_S)
        return np.column_stack([series, np.full(len(series), end)])


def _batches(rows: np.ndarray, edges: np.ndarray, batch: int, limit: int | None) -> list[list[Tile]]:
    return [
        [
            rows[edges[a] : edges[b]] - np.array([0, 0, a])
            for a, b in _runs(edges[: last + 1], MICRO_BATCH, first=first)
        ]
        for first, last in _runs(edges, batch, limit)
    ]


def _runs(
    edges: np.ndarray, most: int, limit: int | None = None, *, first: int = 0
) -> Iterator[tuple[int, int]]:
    """Runs of units from `first` on: each of at most so many windows, or of one unit that is larger."""
    if limit is not None:
        _, end = next(_runs(edges, limit), (0, 0))
        edges = edges[: end + 1]
    while first < len(edges) - 1:
        last = int(np.searchsorted(edges, edges[first] + most, side="right")) - 1
        last = max(last, first + 1)
        yield first, last
        first = last
