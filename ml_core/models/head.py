"""The shared head: an encoding at every step in, mean and scale of every horizon at every step out."""

import torch
from torch import nn
from torch.nn import functional

from ml_core.experiment import Model
from ml_core.models.family import build_encoder

LEAST_SCALE = 0.05


class ForecastNetwork(nn.Module):
    """A family's encoder under the shared head. Targets are in units of volatility, so scales start near 1."""

    def __init__(self, model: Model, *, inputs: int, outputs: int) -> None:
        super().__init__()
        self.encoder = build_encoder(model, inputs)
        self.mean = nn.Linear(self.encoder.width, outputs)
        self.scale = nn.Linear(self.encoder.width, outputs)
        nn.init.normal_(self.mean.weight, std=0.01)
        nn.init.zeros_(self.mean.bias)
        nn.init.zeros_(self.scale.weight)
        nn.init.constant_(self.scale.bias, 0.54)  # softplus(0.54) = 1

    def forward(self, x_BLF: torch.Tensor, last: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and scale at every step, or at the `last` so many of them."""
        z_BLD = self.encoder(x_BLF) if last is None else self.encoder.ending(x_BLF, last)
        return self.mean(z_BLD).float(), functional.softplus(self.scale(z_BLD)).float() + LEAST_SCALE
