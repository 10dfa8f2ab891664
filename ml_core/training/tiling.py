"""Rows to cover in, the windows whose supervised steps cover them out."""

import numpy as np


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
