"""Each ticker's own mean return over the training dates."""

import numpy as np

from ml_core.splits import Split
from ml_core.windows import Windows


def predict(windows: Windows, split: Split, lookback: int) -> np.ndarray:
    learn_NT = windows.usable(lookback) & windows.rows(split.train)
    return_NTH = windows.y_NTH.astype(np.float64) * windows.unit_NTH
    known_NTH = np.isfinite(return_NTH) & learn_NT[:, :, None]
    mean_NH = np.where(known_NTH, return_NTH, 0).sum(axis=1) / np.maximum(known_NTH.sum(axis=1), 1)
    return np.broadcast_to(mean_NH[:, None, :], return_NTH.shape) / windows.unit_NTH
