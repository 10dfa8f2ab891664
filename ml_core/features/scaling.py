"""Training rows in, an affine scaling with clipping out; applied to each batch, so the panel is never copied."""

from dataclasses import dataclass

import numpy as np

CLIP = 5.0


@dataclass(frozen=True)
class Scaler:
    """Mean and deviation of each input on training rows."""

    mean_F: np.ndarray
    deviation_F: np.ndarray


def fit_scaler(x_STF: np.ndarray, rows_ST: np.ndarray) -> Scaler:
    """Statistics of the given rows only. A constant input keeps its place and becomes zero."""
    rows_F = x_STF[rows_ST].astype(np.float64)
    mean_F = np.nanmean(rows_F, axis=0)
    deviation_F = np.nanstd(rows_F, axis=0)
    unmoved = ~(deviation_F > 1e-8 * (1 + np.abs(mean_F)))
    return Scaler(
        np.nan_to_num(mean_F).astype(np.float32), np.where(unmoved, np.inf, deviation_F).astype(np.float32)
    )
