"""LSTM, then Transformer: gated memory orders and smooths the steps, attention then picks among its states.

h = LSTM(x); z = h + attention(norm(h)), then a network on each step (Vaswani 2017). The LSTM states carry the order,
so no places are added to them. Cost: 8·D² a step and LSTM layer, 8·D² + L·D a block.
"""

from typing import Annotated, Self

import torch
from pydantic import Field, model_validator

from ml_core.models.attention import check_heads, dense_blocks, ending_through, weights_through
from ml_core.models.dropout import Dropout
from ml_core.models.family import Encoder
from ml_core.models.recurrent import Recurrent, RecurrentConfig
from ml_core.spec.ranges import OneOf


class Config(RecurrentConfig):
    """The LSTM's sizes and layers, then the blocks on top; heads share the last size."""

    heads: Annotated[int, Field(ge=1), OneOf(2, 4)] = 2
    blocks: Annotated[int, Field(ge=1), OneOf(1, 2)] = 1

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        check_heads(self.sizes[-1], self.heads, key="hidden")
        return self


class Network(Encoder):
    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        self.memory = Recurrent(config.sizes, inputs, dropout=config.dropout)
        self.width = self.memory.width
        self.blocks = dense_blocks(config.blocks, self.width, config.heads, dropout=config.dropout)
        self.dropout = Dropout(config.dropout)

    def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
        z_BLD = self.memory(x_BLF)
        for block in self.blocks:
            z_BLD = block(z_BLD)
        return self.dropout(z_BLD)

    def ending(self, x_BLF: torch.Tensor, last: int) -> torch.Tensor:
        return self.dropout(ending_through(self.blocks, self.memory(x_BLF), last))

    def attention(self, x_BLF: torch.Tensor) -> torch.Tensor:
        return weights_through(self.blocks, self.memory(x_BLF))
