"""Where a network stands between two epochs: all that its training needs to go on as if nothing had been in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class TrainingState:
    """Tensors by name, and facts that JSON can hold."""

    tensors: Mapping[str, torch.Tensor]
    facts: Mapping[str, Any]


def below(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Those whose names begin so, without it."""
    return {name.removeprefix(prefix): one for name, one in tensors.items() if name.startswith(prefix)}


def above(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Copies of them on the CPU, under names that begin so."""
    return {f"{prefix}{name}": one.detach().cpu().clone() for name, one in tensors.items()}
