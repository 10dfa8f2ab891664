"""Transformer encoder (Vaswani 2017), pre-norm; a step attends to itself and earlier ones.

z += merge(softmax(Q K' / sqrt(d)) V); z += narrow(gelu(widen(z))). Cost: 8·D² + L·D multiplications a step and block.

With `patch` p > 1 (Nie 2023), p steps become one token, and tokens are counted from the window's end: the last step
ends one. A step inside a token must not see its end, so it is encoded from the last token that had ended, c, and from
its own token's steps so far, u (partial sums of the token's embedding): c + mix(gelu(u + V c)). Blocks then cost a
p-th, attention a p²-th, and each step D² more. Unlike Nie's, inputs share a token, and steps between have an answer.
"""

from typing import Annotated, Self

import torch
from pydantic import Field, model_validator
from torch import nn
from torch.nn import functional

from ml_core.models.attention import add_places, check_heads, dense_blocks, ending_through, weights_through
from ml_core.models.family import Encoder, ModelConfig
from ml_core.models.tokens import fold, hold, spread
from ml_core.spec.ranges import OneOf, Uniform


class Config(ModelConfig):
    width: Annotated[int, Field(ge=4, multiple_of=2), OneOf(16, 32, 64)] = 32
    heads: Annotated[int, Field(ge=1), OneOf(2, 4)] = 2
    layers: Annotated[int, Field(ge=1), OneOf(1, 2)] = 1
    patch: Annotated[int, Field(ge=1), OneOf(1, 5)] = 1
    dropout: Annotated[float, Field(ge=0, lt=1), Uniform(0.0, 0.3)] = 0.1

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        check_heads(self.width, self.heads)
        return self


class Network(Encoder):
    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        self.width, self.patch = config.width, config.patch
        self.embed = nn.Linear(inputs * config.patch, config.width)
        self.blocks = dense_blocks(config.layers, config.width, config.heads, dropout=config.dropout)
        self.norm = nn.LayerNorm(config.width)
        if config.patch > 1:
            self.place = nn.Parameter(torch.zeros(config.patch, config.width))
            self.bring = nn.Linear(config.width, config.width)
            self.mix = nn.Linear(config.width, config.width)

    def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
        if self.patch == 1:
            z_BLD = add_places(self.embed(x_BLF))
            for block in self.blocks:
                z_BLD = block(z_BLD)
            return self.norm(z_BLD)
        return self._forward_by_tokens(x_BLF)

    def ending(self, x_BLF: torch.Tensor, last: int) -> torch.Tensor:
        if self.patch > 1:
            return super().ending(x_BLF, last)
        return self.norm(ending_through(self.blocks, add_places(self.embed(x_BLF)), last))

    def attention(self, x_BLF: torch.Tensor) -> torch.Tensor:
        if self.patch == 1:
            return weights_through(self.blocks, add_places(self.embed(x_BLF)))
        token_BKD = add_places(self._partial_sums(x_BLF)[:, :, -1])
        return spread(weights_through(self.blocks, token_BKD), self.patch, x_BLF.shape[1])

    def _forward_by_tokens(self, x_BLF: torch.Tensor) -> torch.Tensor:
        batch, steps, _ = x_BLF.shape
        part_BKSD = self._partial_sums(x_BLF)
        z_BKD = add_places(part_BKSD[:, :, -1])
        for block in self.blocks:
            z_BKD = block(z_BKD)
        ended_BLD, brought_BLD = hold(torch.cat([z_BKD, self.bring(z_BKD)], dim=2), self.patch, steps).chunk(
            2, 2
        )
        own_BLD = (part_BKSD + self.place).view(batch, -1, self.width)[:, -steps:]
        return self.norm(ended_BLD + self.mix(functional.gelu(own_BLD + brought_BLD)))

    def _partial_sums(self, x_BLF: torch.Tensor) -> torch.Tensor:
        """u_BKSD: the embedding of each token from its steps so far; the last of them is the token's."""
        weight_DSF = self.embed.weight.view(self.width, self.patch, -1)
        each_BKSD = torch.einsum("bksf,dsf->bksd", fold(x_BLF, self.patch), weight_DSF)
        return each_BKSD.cumsum(dim=2) + self.embed.bias
