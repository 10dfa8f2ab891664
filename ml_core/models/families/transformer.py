"""Transformer encoder (Vaswani 2017), pre-norm; a step attends to itself and earlier ones. Cost: 8·D² + 2·L·D."""

import math
from typing import Annotated, Self

import torch
from pydantic import Field, model_validator
from torch import nn
from torch.nn import functional

from ml_core.models.family import Encoder, ModelConfig
from ml_core.ranges import OneOf, Uniform


class Config(ModelConfig):
    width: Annotated[int, Field(ge=4, multiple_of=2), OneOf(16, 32, 64)] = 32
    heads: Annotated[int, Field(ge=1), OneOf(2, 4)] = 2
    layers: Annotated[int, Field(ge=1), OneOf(1, 2)] = 1
    dropout: Annotated[float, Field(ge=0, lt=1), Uniform(0.0, 0.3)] = 0.1

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}")
        return self


class Network(Encoder):
    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        self.width = config.width
        self.embed = nn.Linear(inputs, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)

    def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
        z_BLD = self.embed(x_BLF)
        z_BLD = z_BLD + positions(z_BLD.shape[1], self.width).to(z_BLD)
        for block in self.blocks:
            z_BLD = block(z_BLD)
        return self.norm(z_BLD)


class Block(nn.Module):
    """Attention over the steps so far, then a two-layer network on each step; both added to what came in."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads, self.rate = config.heads, config.dropout
        self.first, self.second = nn.LayerNorm(config.width), nn.LayerNorm(config.width)
        self.project = nn.Linear(config.width, 3 * config.width)
        self.merge = nn.Linear(config.width, config.width)
        self.widen = nn.Linear(config.width, 2 * config.width)
        self.narrow = nn.Linear(2 * config.width, config.width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, z_BLD: torch.Tensor) -> torch.Tensor:
        z_BLD = z_BLD + self.dropout(self.merge(self._attend(self.first(z_BLD))))
        inner = functional.gelu(self.widen(self.second(z_BLD)))
        return z_BLD + self.dropout(self.narrow(inner))

    def _attend(self, z_BLD: torch.Tensor) -> torch.Tensor:
        batch, steps, width = z_BLD.shape
        parts = self.project(z_BLD).view(batch, steps, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        rate = self.rate if self.training else 0.0
        mixed = functional.scaled_dot_product_attention(query, key, value, dropout_p=rate, is_causal=True)
        return mixed.transpose(1, 2).reshape(batch, steps, width)


def positions(steps: int, width: int) -> torch.Tensor:
    """Sines and cosines of the place in the window, one row a step."""
    place = torch.arange(steps, dtype=torch.float32).unsqueeze(1)
    rate = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-math.log(10_000.0) / width))
    return torch.cat([torch.sin(place * rate), torch.cos(place * rate)], dim=1)
