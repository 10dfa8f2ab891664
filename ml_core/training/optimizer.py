"""Follows gradients by AdamW, with clipping and a learning-rate schedule."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import torch

# The class around this function imports torch's compiler on its first use: a second of every process that trains.
from torch.optim.adamw import adamw

from ml_core.spec.experiment import Training

BETAS = (0.9, 0.999)
EPSILON = 1e-8


class Optimizer:
    """AdamW (Loshchilov & Hutter 2019) over `steps` steps: a warm-up, then a cosine."""

    def __init__(self, parameters: Iterable[torch.nn.Parameter], training: Training, *, steps: int) -> None:
        self.parameters, self.training, self.steps, self.taken = list(parameters), training, steps, 0
        self._state: dict[torch.Tensor, tuple[torch.Tensor, ...]] = {
            parameter: (
                torch.zeros_like(parameter),
                torch.zeros_like(parameter),
                torch.zeros((), device=parameter.device),
            )
            for parameter in self.parameters
        }

    @property
    def tensors(self) -> dict[str, torch.Tensor]:
        """The running means of every parameter, by its place."""
        parts = (self._state[one] for one in self.parameters)
        return {
            f"{place}.{number}": one for place, part in enumerate(parts) for number, one in enumerate(part)
        }

    @torch.no_grad()
    def restore(self, tensors: Mapping[str, torch.Tensor], taken: int) -> None:
        """Go on after so many steps with those means."""
        for name, one in self.tensors.items():
            one.copy_(tensors[name])
        self.taken = taken

    def clear(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Clip the gradients and follow them; nothing is read back from the device."""
        torch.nn.utils.clip_grad_norm_(self.parameters, self.training.clip)
        moved: list[torch.Tensor] = [one for one in self.parameters if one.grad is not None]
        first, second, count = (list(part) for part in zip(*(self._state[one] for one in moved), strict=True))
        adamw(
            moved,
            [one.grad for one in moved if one.grad is not None],
            first,
            second,
            [],
            count,
            fused=True,
            amsgrad=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            lr=self.training.learning_rate * warm_cosine(self.taken, self.steps),
            weight_decay=self.training.weight_decay,
            eps=EPSILON,
            maximize=False,
        )
        self.taken += 1


def warm_cosine(step: int, steps: int) -> float:
    """The learning rate's factor: up over a tenth of the steps, then down along a cosine to a twentieth."""
    warm = max(1, steps // 10)
    if step < warm:
        return (step + 1) / warm
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, steps - warm))))
