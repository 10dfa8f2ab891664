"""Fits how features are scaled and bounded on training rows, and applies it to each batch, so that the panel is
never copied."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

CLIP = 5.0
TAIL = 0.01


@dataclass(frozen=True)
class Scaler:
    """(x - mean) / deviation, then kept between low and high; all four fitted on training rows."""

    mean_F: np.ndarray
    deviation_F: np.ndarray
    low_F: np.ndarray
    high_F: np.ndarray

    def scale(self, x_RF: np.ndarray) -> np.ndarray:
        """Rows as a model sees them: what is not known becomes the training average."""
        scaled_RF = np.nan_to_num((x_RF - self.mean_F) / self.deviation_F)
        return np.clip(scaled_RF, self.low_F, self.high_F)


def fit_scaler(x_STF: np.ndarray, rows_ST: np.ndarray, kind: str = "standard") -> Scaler:
    """Statistics of the given rows only, a series or an input at a time: never a second panel. A constant input
    keeps its place and becomes zero, and so does one that is never known."""
    if kind == "standard":
        centre_F, spread_F = _moments(x_STF, rows_ST)
        low_F, high_F = np.full_like(centre_F, -CLIP), np.full_like(centre_F, CLIP)
    else:
        columns = [_fit_column(x_STF[..., place][rows_ST], kind) for place in range(x_STF.shape[2])]
        centre_F, spread_F, low_F, high_F = np.array(columns).T
    unmoved = ~(spread_F > 1e-8 * (1 + np.abs(centre_F)))
    parts = (centre_F, np.where(unmoved, np.inf, spread_F), low_F, high_F)
    return Scaler(*(part.astype(np.float32) for part in parts))


def _moments(x_STF: np.ndarray, rows_ST: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count_F, total_F, square_F = np.zeros((3, x_STF.shape[2]))
    for x_TF, rows_T in zip(x_STF, rows_ST, strict=True):
        x_RF = x_TF[rows_T]
        count_F += np.isfinite(x_RF).sum(axis=0)
        total_F += np.nansum(x_RF, axis=0, dtype=np.float64)
    mean_F = total_F / np.maximum(count_F, 1)
    for x_TF, rows_T in zip(x_STF, rows_ST, strict=True):
        square_F += np.nansum((x_TF[rows_T] - mean_F) ** 2, axis=0)
    return mean_F, np.sqrt(square_F / np.maximum(count_F, 1))


def _fit_column(x_R: np.ndarray, kind: str) -> tuple[float, float, float, float]:
    known_R = x_R[np.isfinite(x_R)].astype(np.float64)
    return KINDS[kind](known_R) if len(known_R) else (0.0, 0.0, -CLIP, CLIP)


def _minmax(x_R: np.ndarray) -> tuple[float, float, float, float]:
    """The training rows fill -1 to 1; what lies beyond them later stays at the edge."""
    low, high = x_R.min(), x_R.max()
    return (low + high) / 2, (high - low) / 2, -1.0, 1.0


def _robust(x_R: np.ndarray) -> tuple[float, float, float, float]:
    """Median and quartiles, per unit of a normal's deviation: outliers do not set the scale."""
    low, middle, high = np.quantile(x_R, [0.25, 0.5, 0.75])
    return middle, (high - low) / 1.349 or x_R.std(), -CLIP, CLIP


def _quantile(x_R: np.ndarray) -> tuple[float, float, float, float]:
    """As standard, of what the outer hundredths leave; what lies beyond stays at their edge."""
    low, high = np.quantile(x_R, [TAIL, 1 - TAIL])
    inner = np.clip(x_R, low, high)
    centre, spread = inner.mean(), inner.std()
    reach = spread if spread > 0 else np.inf
    return centre, spread, (low - centre) / reach, (high - centre) / reach


KINDS: dict[str, Callable[[np.ndarray], tuple[float, float, float, float]]] = {
    "minmax": _minmax,
    "robust": _robust,
    "quantile": _quantile,
}
