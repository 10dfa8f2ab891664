"""Mean, scale and target in, one loss per element out; found by its decorator. Means over known targets follow."""

import math
from collections.abc import Callable
from typing import TypeAlias

import torch

from ml_core.choices import nearest
from ml_core.errors import InvalidInput

Loss: TypeAlias = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
LOSSES: dict[str, Loss] = {}
DEGREES = 5.0


def loss(function: Loss) -> Loss:
    LOSSES[function.__name__] = function
    return function


def find_loss(name: str) -> Loss:
    if name not in LOSSES:
        raise InvalidInput(f"training.loss: unknown loss '{name}'{nearest(name, sorted(LOSSES))}")
    return LOSSES[name]


@loss
def mse(mean: torch.Tensor, scale: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Squared error of the mean; the scale learns beside it without moving the mean."""
    return (y - mean).square() + 0.1 * student_t(mean.detach(), scale, y)


@loss
def mse_direction(mean: torch.Tensor, scale: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """60 % squared error, 40 % a smooth count of wrong directions, weighted by the size of the move."""
    wrong = torch.sigmoid(-4.0 * mean * y.sign()) * y.abs()
    return 0.6 * (y - mean).square() + 0.4 * wrong + 0.1 * student_t(mean.detach(), scale, y)


@loss
def student_t(mean: torch.Tensor, scale: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Negative log-likelihood of a Student-t with five degrees of freedom: large moves pull less."""
    constant = math.lgamma((DEGREES + 1) / 2) - math.lgamma(DEGREES / 2) - 0.5 * math.log(DEGREES * math.pi)
    squared = ((y - mean) / scale).square()
    return scale.log() + (DEGREES + 1) / 2 * torch.log1p(squared / DEGREES) - constant
