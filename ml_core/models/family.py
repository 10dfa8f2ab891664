"""Defines what every model family shares. A file in `families/` is one family: a `Config` and a `Network`, no
more.

A network maps x_BLF to z_BLD, an encoding at every step that depends on that step and earlier ones only. One pass
over a window then supervises many sessions.
"""

from typing import ClassVar, Literal, TypeAlias

import torch
from torch import nn

from ml_core.models.initialisation import initialise
from ml_core.spec import choices
from ml_core.spec.experiment import FrozenSection, Model
from ml_core.spec.file import read_options

FAMILIES = "ml_core.models.families"
Supervise: TypeAlias = Literal["every_step", "last_step"]


def supervised_steps(supervise: Supervise, lookback: int) -> int:
    """Of how many of its last steps a window learns."""
    return max(1, lookback // 2) if supervise == "every_step" else 1


class ModelConfig(FrozenSection):
    """A family's fields, each with its range beside its default."""

    supervises: ClassVar[Supervise] = "every_step"


class Encoder(nn.Module):
    """Maps x_BLF to z_BLD; `width` is D."""

    width: int

    def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def ending(self, x_BLF: torch.Tensor, last: int) -> torch.Tensor:
        """z_BWD: the last so many steps; cheaper where only they need the last block's own arithmetic."""
        return self(x_BLF)[:, -last:]

    def attention(self, _x_BLF: torch.Tensor, /) -> torch.Tensor | None:
        """a_BLL: how much each step looks at every step, each row summing to one; none where nothing attends."""
        return None

    def variable_weights(self, _x_BLF: torch.Tensor, /) -> torch.Tensor | None:
        """v_BLF: how much each input counts at every step, summing to one; none where nothing chooses among them."""
        return None


def configure(model: Model) -> ModelConfig:
    """The checked fields of the chosen family; an unknown family or field is answered with the nearest."""
    return read_options(model, config_class(model.family))


def config_class(family: str) -> type[ModelConfig]:
    return choices.load(FAMILIES, family).Config


def complete(model: Model) -> Model:
    """The same model with every default written out, so that a stored spec outlives a change of defaults."""
    return Model(family=model.family, **configure(model).model_dump(mode="json"))


def build_encoder(model: Model, inputs: int) -> Encoder:
    """The family's network at its initial weights, drawn from torch's own generator."""
    network = choices.load(FAMILIES, model.family).Network(configure(model), inputs)
    initialise(network)
    return network
