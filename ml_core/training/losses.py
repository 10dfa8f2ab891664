"""Lists the losses, found by their decorator. Each gives a loss per element; the sum counts known targets only."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch

from ml_core.errors import InvalidInput
from ml_core.spec.choices import nearest

Tensor: TypeAlias = torch.Tensor
Each: TypeAlias = Callable[[Tensor, Tensor, Tensor], Tensor]
LossScope: TypeAlias = Literal["element", "date"]
DEGREES = 5.0
LEAST_TICKERS = 3  # of two, a correlation knows no more than which is the higher


@dataclass(frozen=True)
class Loss:
    """A loss of scope `date` compares the tickers of a date, which stand on the last axis."""

    name: str
    scope: LossScope
    each: Each

    def __call__(self, mean: Tensor, scale: Tensor, y: Tensor) -> Tensor:
        """The sum over the known targets; NaN is not known, and no gradient comes from there."""
        known = y.isfinite()
        filled = y if self.scope == "date" else torch.where(known, y, 0.0)
        return (self.each(mean, scale, filled) * known).sum()


LOSSES: dict[str, Loss] = {}


def loss(*, scope: LossScope) -> Callable[[Each], Each]:
    """Make the function a loss of its name."""

    def declare(function: Each) -> Each:
        LOSSES[function.__name__] = Loss(function.__name__, scope, function)
        return function

    return declare


def find_loss(name: str, *, tickers: int | None = None) -> Loss:
    """The loss of that name; one that compares tickers is refused where there are too few of them."""
    if name not in LOSSES:
        raise InvalidInput(f"training.loss: unknown loss '{name}'{nearest(name, sorted(LOSSES))}")
    loss = LOSSES[name]
    if loss.scope == "date" and tickers is not None and tickers < LEAST_TICKERS:
        raise InvalidInput(
            f"training.loss: '{name}' compares the tickers of a date; "
            f"expected at least {LEAST_TICKERS} in the universe, found {tickers}"
        )
    return loss


@loss(scope="element")
def mse(mean: Tensor, scale: Tensor, y: Tensor) -> Tensor:
    """Squared error of the mean; the scale learns beside it without moving the mean."""
    return (y - mean).square() + 0.1 * student_t(mean.detach(), scale, y)


@loss(scope="element")
def mse_direction(mean: Tensor, scale: Tensor, y: Tensor) -> Tensor:
    """60 % squared error, 40 % a smooth count of wrong directions, weighted by the size of the move."""
    wrong = torch.sigmoid(-4.0 * mean * y.sign()) * y.abs()
    return 0.6 * (y - mean).square() + 0.4 * wrong + 0.1 * student_t(mean.detach(), scale, y)


@loss(scope="element")
def student_t(mean: Tensor, scale: Tensor, y: Tensor) -> Tensor:
    """Negative log-likelihood of a Student-t with five degrees of freedom: large moves pull less."""
    constant = math.lgamma((DEGREES + 1) / 2) - math.lgamma(DEGREES / 2) - 0.5 * math.log(DEGREES * math.pi)
    squared = ((y - mean) / scale).square()
    return scale.log() + (DEGREES + 1) / 2 * torch.log1p(squared / DEGREES) - constant


@loss(scope="date")
def ic(mean: Tensor, scale: Tensor, y: Tensor) -> Tensor:
    """1 - correlation of forecasts and outcomes over the tickers of a date: which does better, not by how much.

    It leaves the level of the mean free, so the scale learns the size of the outcomes themselves.
    """
    known = y.isfinite()
    y = torch.where(known, y, 0.0)
    enough = known.sum(dim=-1, keepdim=True) >= LEAST_TICKERS
    correlation = (_direction(mean, known) * _direction(y, known)).sum(dim=-1, keepdim=True)
    return 1 - correlation * enough + 0.1 * student_t(torch.zeros_like(y), scale, y)


def _direction(values: Tensor, known: Tensor) -> Tensor:
    """The deviations from the date's average, of length one. Where all are equal they are zero, and so is no
    divisor: the gradient stays finite."""
    values = torch.where(known, values, 0.0)
    count = known.sum(dim=-1, keepdim=True).clamp(min=1)
    apart = (values - values.sum(dim=-1, keepdim=True) / count) * known
    reach = apart.detach().abs().amax(dim=-1, keepdim=True)
    apart = apart / torch.where(reach > 0, reach, 1.0)  # no square of it under- or overflows
    squared = apart.square().sum(dim=-1, keepdim=True)
    return apart / torch.where(squared > 0, squared, 1.0).sqrt()
