"""Dropout of channels: z_BLD in, z_BLD out; while training, a channel is silent for all steps of a window.

One draw a channel and window instead of one a step (Gal & Ghahramani 2016): what a recurrent network or an attention
remembers is then dropped for good, where a draw a step can be undone from the step before; and drawing a number for
every step was up to a quarter of the training time.
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
