"""Describes what each close tells of the volatility to come. The width of forecasts is fitted on these states.

A HAR in logarithms (Corsi 2009; Parkinson 1980 for the range): variances over a few sessions and over years beside
the unit's span of a month, and whether prices have been falling.
"""

from collections.abc import Mapping

import numpy as np

from ml_core.features.target import LEAST_UNIT, past_mean

STATES = ("change_5", "change_1000", "range_2", "range_10", "fall_5")
LEAST_RATIO = 0.05  # of a volatility to the unit: sessions without a move have no logarithm
MOST_FALL = 3.0


def build_states(bars: Mapping[str, np.ndarray]) -> np.ndarray:
    """state_NTK from open_NT, high_NT, low_NT and close_NT by name; only `close` must be there.

    Each is a logarithm of a volatility over the unit, `fall_5` the mean change over it; zero where nothing is known.
    """
    change_NT = np.diff(np.log(bars["close"]), axis=1, prepend=np.nan)
    known_NT = np.isfinite(change_NT)
    squared_NT = np.nan_to_num(change_NT) ** 2
    moved_NT = np.nan_to_num(build_moves(bars))
    unit_NT = np.maximum(np.sqrt(past_mean(squared_NT, known_NT)), LEAST_UNIT)
    state_NTK = np.empty((*change_NT.shape, len(STATES)), dtype=np.float32)
    for place, name in enumerate(STATES):
        kind, _, span = name.partition("_")
        value_NT = {"change": squared_NT, "range": moved_NT, "fall": np.nan_to_num(change_NT)}[kind]
        mean_NT = past_mean(value_NT, known_NT, span=int(span))
        if kind == "fall":
            state_NTK[:, :, place] = np.clip(mean_NT / unit_NT, -MOST_FALL, MOST_FALL)
        else:
            state_NTK[:, :, place] = 0.5 * np.log(mean_NT / unit_NT**2 + LEAST_RATIO**2)
    return np.nan_to_num(state_NTK, copy=False)


def build_moves(bars: Mapping[str, np.ndarray]) -> np.ndarray:
    """moved_NT: the variance that each session's own bar tells, of the gap overnight and the range of the day; where
    a bar lacks either, the squared change. NaN where there was no bar before."""
    change_NT = np.diff(np.log(bars["close"]), axis=1, prepend=np.nan)
    squared_NT = np.where(np.isfinite(change_NT), change_NT, np.nan) ** 2
    if not {"open", "high", "low"} <= bars.keys():
        return squared_NT
    before_NT = np.hstack([np.full((len(squared_NT), 1), np.nan), bars["close"][:, :-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        gap_NT = np.log(bars["open"] / before_NT)
        range_NT = np.log(bars["high"] / bars["low"])
        moved_NT = gap_NT**2 + range_NT**2 / (4 * np.log(2))
    return np.where(np.isfinite(moved_NT) & np.isfinite(change_NT), moved_NT, squared_NT)
