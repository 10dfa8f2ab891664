"""Models of one's own as somebody might write them: by scikit-learn, by torch, with arrays, and ones that are wrong."""

from typing import Annotated, Any

import numpy as np
from pydantic import PositiveFloat

import candorcast


class Shrunk(candorcast.Config):
    """`alpha`: how much slopes are shrunk."""

    alpha: Annotated[PositiveFloat, candorcast.OneOf(10.0, 100.0, 1000.0)] = 100.0


def make_ridge(config: Shrunk, _seed: int) -> Any:
    """Of scikit-learn, which knows nothing of us."""
    from sklearn.linear_model import Ridge

    return Ridge(alpha=config.alpha)


def make_forest(_config: candorcast.Config, seed: int) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(8, max_depth=3, random_state=seed)


class Averages:
    """Says how what it learned becomes arrays: the mean outcome where the first feature is below zero, and above."""

    def fit(self, x_RF: np.ndarray, y_R: np.ndarray) -> None:
        above_R = x_RF[:, 0] > 0
        self.below, self.above = float(y_R[~above_R].mean()), y_R[above_R].mean(keepdims=True)

    def predict(self, x_RF: np.ndarray) -> np.ndarray:
        return np.where(x_RF[:, 0] > 0, self.above, self.below)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"below": np.array(self.below), "above": self.above}

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        self.below, self.above = arrays["below"].item(), arrays["above"]


def make_averages(_config: candorcast.Config, _seed: int) -> Averages:
    return Averages()


def make_torch(_config: candorcast.Config, seed: int, inputs: int) -> Any:
    """A module of torch with a loop of its own."""
    import torch
    from torch import nn

    class Line(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(seed)
            self.line, self.level = nn.Linear(inputs, 1), nn.Parameter(torch.zeros(()))

        def fit(self, x_RF: np.ndarray, y_R: np.ndarray) -> None:
            x, y = torch.tensor(x_RF, dtype=torch.float32), torch.tensor(y_R, dtype=torch.float32)
            optimizer = torch.optim.Adam(self.parameters(), 0.01)
            for _ in range(20):
                optimizer.zero_grad()
                ((self(x) - y) ** 2).mean().backward()
                optimizer.step()

        def predict(self, x_RF: np.ndarray) -> np.ndarray:
            with torch.no_grad():
                return self(torch.tensor(x_RF, dtype=torch.float32)).numpy()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.line(x)[:, 0] + self.level

    return Line()
