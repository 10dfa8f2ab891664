"""Informer-style encoder (Zhou 2021) for long look-backs: sparse attention, and half as many tokens after each layer.

The paper measures a query's sparsity, M(q) = max_s q·k_s - mean_s q·k_s, lets the u sparsest queries attend and gives
the others the mean. Which queries win then depends on all of the window, also on what comes later, and a step whose
query lost learns nothing of its own. Here every step attends, and the competition is among keys, block by block: once
a block of steps is over, the u keys with the largest M(k) = max_t q_t·k - mean_t q_t·k over that block's queries stay
visible to later blocks. A step sees all of its own block so far, all of the block before, and those few of every
earlier one; what it sees was decided before it, bit for bit. Nothing is drawn at random (the paper samples keys).

Distilling: causal convolution of 3, gelu (the paper: elu), the larger of each two steps, counted from the end; a step
takes the last token that had ended on top of its own first-layer encoding. Cost at D wide with blocks of p: in the
first layer 8·D² + D·(2·p + u·L/p) a step (a Transformer: 8·D² + D·L), half of it in the next; a distilling 3·D².
"""

from typing import Annotated, Self

import torch
from pydantic import Field, model_validator
from torch import nn
from torch.nn import functional

from ml_core.models.attention import AttentionBlock, add_places, check_heads
from ml_core.models.convolution import CausalConvolution
from ml_core.models.family import Encoder, ModelConfig
from ml_core.models.sparse import SparseAttention
from ml_core.models.tokens import fold, hold, spread
from ml_core.spec.ranges import OneOf, Uniform


class Config(ModelConfig):
    width: Annotated[int, Field(ge=4, multiple_of=2), OneOf(16, 32, 64)] = 32
    heads: Annotated[int, Field(ge=1), OneOf(2, 4)] = 2
    layers: Annotated[int, Field(ge=1), OneOf(1, 2, 3)] = 2
    block: Annotated[int, Field(ge=2), OneOf(16, 32)] = 32
    keep: Annotated[int, Field(ge=1), OneOf(2, 4)] = 4
    dropout: Annotated[float, Field(ge=0, lt=1), Uniform(0.0, 0.3)] = 0.1

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        check_heads(self.width, self.heads)
        if self.keep > self.block:
            raise ValueError(
                f"keep {self.keep} is more than the {self.block} steps of a block; expected at most {self.block}"
            )
        return self


def _layer(config: Config) -> AttentionBlock:
    sparse = SparseAttention(config.width, config.heads, block=config.block, keep=config.keep)
    return AttentionBlock(config.width, sparse, dropout=config.dropout)


class Network(Encoder):
    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        self.width = config.width
        self.embed = nn.Linear(inputs, config.width)
        self.layers = nn.ModuleList(_layer(config) for _ in range(config.layers))
        self.distil = nn.ModuleList(CausalConvolution(config.width, 3) for _ in range(config.layers - 1))
        self.norm = nn.LayerNorm(config.width)

    def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
        steps = x_BLF.shape[1]
        outs = [out for _, out in self._through(x_BLF)]
        held = [hold(z_BKD, 2**number, steps) for number, z_BKD in enumerate(outs)]
        return self.norm(torch.stack(held).sum(dim=0))

    def attention(self, x_BLF: torch.Tensor) -> torch.Tensor:
        """The mean over heads and layers; a distilled token stands for its steps."""
        weights = []
        for number, (layer, (z_BKD, _)) in enumerate(zip(self.layers, self._through(x_BLF), strict=True)):
            assert isinstance(layer, AttentionBlock)
            weights.append(spread(layer.weights(z_BKD), 2**number, x_BLF.shape[1]))
        return torch.stack(weights).mean(dim=0)

    def _through(self, x_BLF: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """What each layer reads and what it gives: L tokens, then half as many, and so on."""
        z_BKD, pairs = add_places(self.embed(x_BLF)), []
        for number, layer in enumerate(self.layers):
            if number:
                z_BKD = fold(functional.gelu(self.distil[number - 1](z_BKD)), 2).amax(dim=2)
            pairs.append((z_BKD, layer(z_BKD)))
            z_BKD = pairs[-1][1]
        return pairs
