"""LSTM (Hochreiter & Schmidhuber 1997): layers of gated memory; causal by construction. Cost: 8·D² a step, layer."""

from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from ml_core.models.family import Encoder, ModelConfig
from ml_core.ranges import OneOf, Uniform


class Config(ModelConfig):
    hidden: Annotated[int, Field(ge=1), OneOf(16, 32, 64)] = 32
    layers: Annotated[int, Field(ge=1), OneOf(1, 2)] = 1
    dropout: Annotated[float, Field(ge=0, lt=1), Uniform(0.0, 0.3)] = 0.1


class Network(Encoder):
    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        self.width = config.hidden
        between = config.dropout if config.layers > 1 else 0.0
        self.lstm = nn.LSTM(inputs, config.hidden, config.layers, batch_first=True, dropout=between)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
        h_BLD, _ = self.lstm(x_BLF)
        return self.dropout(h_BLD)
