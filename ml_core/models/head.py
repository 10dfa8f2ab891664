"""Puts the shared head on a family's encoder: from the encoding of a step it reads mean and scale of every
horizon."""

import torch
from torch import nn
from torch.nn import functional

from ml_core.models.family import build_encoder
from ml_core.spec.experiment import Model

LEAST_SCALE = 0.05


class ForecastNetwork(nn.Module):
    """A family's encoder under the shared head, and beside it a linear reading of the step's own inputs (the linear
    part of LSTNet, Lai 2018), one for all tickers of the joint layout. Means start at zero, the forecast to beat;
    targets are in units of volatility, so scales start near 1."""

    def __init__(self, model: Model, *, inputs: int, outputs: int, tickers: int = 1) -> None:
        super().__init__()
        self.tickers = tickers
        self.encoder = build_encoder(model, inputs)
        self.direct = nn.Linear(inputs // tickers, outputs // tickers, bias=False)
        self.mean = nn.Linear(self.encoder.width, outputs)
        self.scale = nn.Linear(self.encoder.width, outputs)
        for layer in (self.direct, self.mean, self.scale):
            nn.init.zeros_(layer.weight)
        nn.init.zeros_(self.mean.bias)
        nn.init.constant_(self.scale.bias, 0.54)  # softplus(0.54) = 1

    def forward(self, x_BLF: torch.Tensor, last: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and scale at every step, or at the `last` so many of them."""
        z_BLD = self.encoder(x_BLF) if last is None else self.encoder.ending(x_BLF, last)
        x_BLNF = x_BLF[:, -z_BLD.shape[1] :].unflatten(2, (self.tickers, -1))
        mean_BLO = self.mean(z_BLD).float() + self.direct(x_BLNF).float().flatten(2)
        return mean_BLO, functional.softplus(self.scale(z_BLD)).float() + LEAST_SCALE
