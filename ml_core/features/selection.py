"""Training rows in, the places of the chosen features out: strongest first, near-copies left out."""

import numpy as np

NEAR_COPY = 0.95


def select_features(x_NTF: np.ndarray, y_NT: np.ndarray, rows_NT: np.ndarray, *, count: int) -> list[int]:
    """Greedy by the absolute correlation with the target, skipping what repeats a feature already chosen."""
    x_RF = np.nan_to_num(x_NTF[rows_NT].astype(np.float64))
    y_R = np.nan_to_num(y_NT[rows_NT].astype(np.float64))
    spread = x_RF.std(axis=0)
    z_RF = (x_RF - x_RF.mean(axis=0)) / np.where(spread > 0, spread, np.inf)
    strength = np.abs(z_RF.T @ (y_R - y_R.mean()))
    alike = np.abs(z_RF.T @ z_RF) / len(z_RF)
    chosen: list[int] = []
    for place in np.argsort(-strength, kind="stable"):
        if len(chosen) < count and all(alike[place, other] < NEAR_COPY for other in chosen):
            chosen.append(int(place))
    return sorted(chosen)
