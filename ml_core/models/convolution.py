"""Convolves over steps causally: each step is made of itself and of steps before it."""

import torch
from torch import nn
from torch.nn import functional


class CausalConvolution(nn.Module):
    """Flat in two dimensions and with channels last, which oneDNN does faster than one dimension."""

    def __init__(self, width: int, kernel: int, *, apart: int = 1) -> None:
        super().__init__()
        self.before = (kernel - 1) * apart
        self.convolve = nn.Conv2d(width, width, (1, kernel), dilation=(1, apart))

    def forward(self, z_BLD: torch.Tensor) -> torch.Tensor:
        padded_BLD = functional.pad(z_BLD, (0, 0, self.before, 0))
        return self.convolve(padded_BLD.transpose(1, 2).unsqueeze(2)).squeeze(2).transpose(1, 2)
