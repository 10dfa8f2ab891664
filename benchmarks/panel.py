"""One panel for both sides of `peer.py`, and the one score of both: numpy alone, for it runs in both environments."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

SEES = 60  # sessions that a forecast looks back


@dataclass(frozen=True)
class Grid:
    """A series per ticker, forecast one session ahead. Rows `first` to `cut` teach; `cut` to the last but one are
    asked, each with the outcome of the row after it. `unit_NT` brings a row's forecast back to log returns."""

    series_NT: np.ndarray
    unit_NT: np.ndarray
    first: int
    cut: int

    def write(self, path: Path) -> None:
        np.savez(path, series=self.series_NT, unit=self.unit_NT, first=self.first, cut=self.cut)

    @staticmethod
    def read(path: Path) -> "Grid":
        found = np.load(path)
        return Grid(found["series"], found["unit"], int(found["first"]), int(found["cut"]))

    @property
    def asked(self) -> int:
        """How many sessions are asked of each ticker."""
        return self.series_NT.shape[1] - 1 - self.cut

    def score(self, mean_NV: np.ndarray) -> tuple[float, float]:
        """Of forecasts in the series' own unit: mean over dates of their correlation across tickers with what
        came, and their squared error as a share of the error of zero."""
        came_NV = self.series_NT[:, self.cut + 1 :].astype(np.float64)
        mean_NV, unit_NV = mean_NV.astype(np.float64), self.unit_NT[:, self.cut : -1]
        error = np.mean((came_NV - mean_NV) ** 2) / np.mean(came_NV**2)
        x_NV, y_NV = ((part - part.mean(axis=0)) for part in (mean_NV * unit_NV, came_NV * unit_NV))
        size_V = np.sqrt((x_NV**2).sum(axis=0) * (y_NV**2).sum(axis=0))
        return float(np.mean((x_NV * y_NV).sum(axis=0) / np.maximum(size_V, 1e-30))), float(error)
