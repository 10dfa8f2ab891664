"""Builds what is to be forecast from closing prices: h-session log returns, and the volatility in whose units they
are learned."""

import numpy as np

UNIT_SPAN = 32
LEAST_UNIT = 1e-4


def build_target(
    close_NT: np.ndarray, horizons: tuple[int, ...], kind: str, *, rows_NT: np.ndarray | None = None
) -> np.ndarray:
    """y_NTH: log(close t+h / close t); less the date's mean for `excess`, as a centred rank for `rank`. Without
    `rows_NT` of all rows; else the others have none, and none is compared with them."""
    log_close = np.log(close_NT)
    y_NTH = np.full((*close_NT.shape, len(horizons)), np.nan)
    for column, horizon in enumerate(horizons):
        if horizon < close_NT.shape[1]:
            y_NTH[:, :-horizon, column] = log_close[:, horizon:] - log_close[:, :-horizon]
    if rows_NT is not None:
        y_NTH[~rows_NT] = np.nan
    if kind == "excess":
        known = np.isfinite(y_NTH)
        mean = np.where(known, y_NTH, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        return y_NTH - mean
    return centred_rank(y_NTH) if kind == "rank" else y_NTH


def build_unit(close_NT: np.ndarray, horizons: tuple[int, ...], kind: str) -> np.ndarray:
    """unit_NTH: the volatility known at t, over h sessions. Networks forecast in this unit."""
    if kind == "rank":
        return np.full((*close_NT.shape, len(horizons)), 0.3)
    change_NT = np.diff(np.log(close_NT), axis=1, prepend=np.nan)
    unit_NT = np.sqrt(past_mean(np.nan_to_num(change_NT) ** 2, np.isfinite(change_NT)))
    return np.maximum(unit_NT, LEAST_UNIT)[:, :, None] * np.sqrt(np.asarray(horizons, dtype=float))


def centred_rank(y_NTH: np.ndarray) -> np.ndarray:
    """Ranks among the tickers of a date, from -0.5 to 0.5; equal ones share theirs; NaN stays NaN."""
    from scipy.stats import rankdata  # slow to import, and no trial of a search asks for it

    known = np.isfinite(y_NTH)
    rank_NTH = rankdata(np.where(known, y_NTH, np.inf), axis=0)
    return np.where(known, (rank_NTH - 0.5) / np.maximum(known.sum(axis=0), 1) - 0.5, np.nan)


def past_mean(value_NT: np.ndarray, known_NT: np.ndarray, *, span: float = UNIT_SPAN) -> np.ndarray:
    """Exponential mean of what was known up to each step; a step without a value changes nothing. All series take each
    step together: a filter of scipy's would be quicker, and takes a second to load."""
    decay = 1 - 2 / (span + 1)
    mean_TN = np.full(value_NT.shape[::-1], np.nan)
    total_N, weight_N = np.zeros(len(value_NT)), np.zeros(len(value_NT))
    for mean_N, value_N, known_N in zip(mean_TN, value_NT.T, known_NT.T, strict=True):
        np.copyto(total_N, value_N + decay * total_N, where=known_N)
        np.copyto(weight_N, 1 + decay * weight_N, where=known_N)
        np.divide(total_N, weight_N, out=mean_N, where=weight_N > 0)
    return np.ascontiguousarray(mean_TN.T)
