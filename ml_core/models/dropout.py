"""Drops whole channels while training: a silent channel is silent for all steps of a window.

One draw a channel and window instead of one a step (Gal & Ghahramani 2016): what is dropped cannot be guessed
from the step before, and drawing a number for every step was the most expensive part of several families.
"""

import torch
from torch import nn


class Dropout(nn.Module):
    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, z_BLD: torch.Tensor) -> torch.Tensor:
        if not self.training or self.rate == 0:
            return z_BLD
        heard = 1 - self.rate
        heard_B1D = torch.empty_like(z_BLD[:, :1]).bernoulli_(heard).div_(heard)
        return z_BLD * heard_B1D
