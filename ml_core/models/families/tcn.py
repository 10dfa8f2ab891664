"""Temporal convolutional network (Bai 2018): residual blocks of causal convolutions, twice as far apart each block.

y_t = relu(sum_k W_k x_(t - k·2^i)); a block is two of these on top of what came in. The last of n blocks sees
1 + 2·(kernel - 1)·(2^n - 1) steps: 61 with the defaults; a longer look-back wants more levels, or what lies before is
not seen. Cost: 2·kernel·C² a step and block. Without Bai's weight normalisation: He's start and clipped gradients do.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch import nn
from torch.nn import functional

from ml_core.models.convolution import CausalConvolution
from ml_core.models.dropout import Dropout
from ml_core.models.family import Encoder, ModelConfig
from ml_core.spec.ranges import OneOf, Uniform


class Config(ModelConfig):
    channels: Annotated[int, Field(ge=1), OneOf(16, 32, 64)] = 32
    kernel: Annotated[int, Field(ge=2), OneOf(2, 3)] = 3
    levels: Annotated[int, Field(ge=1), OneOf(3, 4, 5)] = 4
    dropout: Annotated[float, Field(ge=0, lt=1), Uniform(0.0, 0.3)] = 0.1


class Network(Encoder):
    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        self.width = config.channels
        self.embed = nn.Linear(inputs, config.channels)
        self.blocks = nn.Sequential(*(ConvolutionBlock(config, 2**level) for level in range(config.levels)))

    def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
        return self.blocks(self.embed(x_BLF))


class ConvolutionBlock(nn.Module):
    """Two convolutions, each rectified, on top of what came in."""

    def __init__(self, config: Config, apart: int) -> None:
        super().__init__()
        self.first, self.second = (
            CausalConvolution(config.channels, config.kernel, apart=apart) for _ in range(2)
        )
        self.dropout = Dropout(config.dropout)

    def forward(self, z_BLD: torch.Tensor) -> torch.Tensor:
        inner_BLD = self.dropout(functional.relu(self.first(z_BLD)))
        return z_BLD + self.dropout(functional.relu(self.second(inner_BLD)))
