"""Stacks LSTM layers of given sizes, with dropout between them, for all families that remember."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, TypeAlias

import torch
from pydantic import BeforeValidator, Field
from torch import nn

from ml_core.models.dropout import Dropout
from ml_core.models.family import ModelConfig
from ml_core.spec.ranges import OneOf, Uniform


def check_sizes(value: Any) -> Any:
    """A size for every layer, or one for each."""
    sizes = value if isinstance(value, (list, tuple)) else [value]
    if not sizes or not all(type(size) is int and size >= 1 for size in sizes):
        raise ValueError("expected a whole number from 1, or one for each layer such as [64, 32]")
    return value


Sizes: TypeAlias = Annotated[int | tuple[int, ...], BeforeValidator(check_sizes)]


class RecurrentConfig(ModelConfig):
    """`hidden = 64` makes `layers` equal layers; `hidden = [64, 32]` is two layers, whatever `layers` says."""

    hidden: Annotated[Sizes, OneOf(16, 32, 64)] = 32
    layers: Annotated[int, Field(ge=1), OneOf(1, 2)] = 1
    dropout: Annotated[float, Field(ge=0, lt=1), Uniform(0.0, 0.3)] = 0.1

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.hidden if isinstance(self.hidden, tuple) else (self.hidden,) * self.layers


class Recurrent(nn.Module):
    """Maps x_BLF to h_BLD of the last layer; dropout stands between the layers."""

    def __init__(self, sizes: Sequence[int], inputs: int, *, dropout: float) -> None:
        super().__init__()
        self.width = sizes[-1]
        self.layers = nn.ModuleList(
            nn.LSTM(before, size, batch_first=True) for before, size in pairwise((inputs, *sizes))
        )
        self.dropout = Dropout(dropout)

    def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
        for number, layer in enumerate(self.layers):
            x_BLF, _ = layer(self.dropout(x_BLF) if number else x_BLF)
        return x_BLF
