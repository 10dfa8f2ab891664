"""Chooses few windows whose last steps cover many rows, so that one pass over a window answers more than one row."""

import numpy as np


def tiles(rows_ST: np.ndarray, usable_ST: np.ndarray, width: int, phase: int) -> np.ndarray:
    """(series, end) of windows whose last `width` steps cover the rows; `phase` shifts where they are cut."""
    series = np.flatnonzero(rows_ST.any(axis=1))
    rows_ST, usable_ST = rows_ST[series], usable_ST[series]
    last_S = rows_ST.shape[1] - 1 - rows_ST[:, ::-1].argmax(axis=1)
    begin_S = np.maximum(rows_ST.argmax(axis=1) + width - 1, usable_ST.argmax(axis=1))
    cut_S = np.maximum(last_S - phase, begin_S)
    count_S = -(-(cut_S - begin_S) // width) + 1
    number = np.arange(count_S.sum()) - np.repeat(count_S.cumsum() - count_S, count_S)
    ends = np.maximum(np.repeat(cut_S, count_S) - width * number, np.repeat(begin_S, count_S))
    return np.column_stack([np.repeat(series, count_S), np.minimum(ends, np.repeat(last_S, count_S))])
