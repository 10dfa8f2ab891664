"""Temporal Fusion Transformer (Lim 2021): chooses its inputs, remembers, attends; a gate can close each part.

Variable selection: every input j has its own encoding g_j(x_j); v_t = softmax(GRN(x_t)) says how much each counts, and
e_t = sum_j v_tj g_j(x_tj). Then an LSTM, then attention whose heads share their values, so that the mean of their
weights is what is used: both weights are readable. A gated residual network is norm(a + GLU(W gelu(V a))).

What differs: forecasts come from each step (no decoder over known future inputs), so attention is masked; there are no
static inputs; an input is one number, so the linear maps that follow its embedding are merged into it; inputs and what
the LSTM adds to them are not normalised, for how large a move was is part of the signal; gelu stands for elu, whose
gradient takes longer here. Cost: 2·F·D² for F inputs, 8·D² for the LSTM, 13·D² + 2·L·D for the rest.
"""

import math
from typing import Annotated, Self

import torch
from pydantic import Field, model_validator
from torch import nn
from torch.nn import functional

from ml_core.models.attention import check_heads, reachable
from ml_core.models.dropout import Dropout
from ml_core.models.family import Encoder, ModelConfig
from ml_core.spec.ranges import OneOf, Uniform

LOUDER = 4.0  # an LSTM's states are small at first; without this the inputs drown what is remembered


class Config(ModelConfig):
    width: Annotated[int, Field(ge=2), OneOf(8, 16, 32)] = 16
    heads: Annotated[int, Field(ge=1), OneOf(1, 2)] = 2
    dropout: Annotated[float, Field(ge=0, lt=1), Uniform(0.0, 0.3)] = 0.3

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        check_heads(self.width, self.heads)
        return self


class Network(Encoder):
    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        self.width = config.width
        self.choose = Selection(config, inputs)
        self.lstm = nn.LSTM(config.width, config.width, batch_first=True)
        self.enrich, self.finish = GatedResidual(config), GatedResidual(config)
        self.attend = SharedValueAttention(config)
        self.after_lstm = GatedSkip(config, normalised=False)
        self.after_attention, self.after_all = GatedSkip(config), GatedSkip(config)

    def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
        recalled_BLD = self._recall(x_BLF)
        enriched_BLD = self.enrich(recalled_BLD)
        attended_BLD = self.after_attention(self.attend(enriched_BLD), enriched_BLD)
        return self.after_all(self.finish(attended_BLD), recalled_BLD)

    def attention(self, x_BLF: torch.Tensor) -> torch.Tensor:
        return self.attend.weights(self.enrich(self._recall(x_BLF)))

    def variable_weights(self, x_BLF: torch.Tensor) -> torch.Tensor:
        return self.choose.weights(x_BLF)

    def _recall(self, x_BLF: torch.Tensor) -> torch.Tensor:
        chosen_BLD = self.choose(x_BLF)
        return self.after_lstm(LOUDER * self.lstm(chosen_BLD)[0], chosen_BLD)


class GatedSkip(nn.Module):
    """norm(skip + sigmoid(U a) * W a): what was computed passes as far as its gate is open."""

    def __init__(self, config: Config, *, normalised: bool = True) -> None:
        super().__init__()
        self.gate, self.value = (nn.Linear(config.width, config.width) for _ in range(2))
        self.norm = nn.LayerNorm(config.width) if normalised else nn.Identity()
        self.dropout = Dropout(config.dropout)

    def forward(self, a_BLD: torch.Tensor, skip_BLD: torch.Tensor) -> torch.Tensor:
        a_BLD = self.dropout(a_BLD)
        return self.norm(skip_BLD + torch.sigmoid(self.gate(a_BLD)) * self.value(a_BLD))


class GatedResidual(nn.Module):
    """norm(a + GLU(W gelu(V a)))."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.inner, self.skip = nn.Linear(config.width, config.width), GatedSkip(config)

    def forward(self, a_BLD: torch.Tensor) -> torch.Tensor:
        return self.skip(functional.gelu(self.inner(a_BLD)), a_BLD)


class Selection(nn.Module):
    """e_BLD: the inputs' own encodings, summed as much as each counts at the step."""

    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        width = config.width
        self.inner, self.skip = nn.Linear(inputs, width), nn.Linear(inputs, inputs)
        self.gate, self.value = nn.Linear(width, inputs), nn.Linear(width, inputs)
        self.embed_2FD = nn.Parameter(torch.randn(2, inputs, width))
        self.shift_2FD = nn.Parameter(torch.zeros(2, inputs, width))
        within = math.sqrt(3.0 / width)  # Xavier's, for each input's own square maps
        self.own_2FDD = nn.Parameter(torch.empty(2, inputs, width, width).uniform_(-within, within))
        self.own_2FD = nn.Parameter(torch.zeros(2, inputs, width))
        self.dropout = Dropout(config.dropout)

    def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
        # In order in memory: what is made of them inherits their order, and is slow in any other.
        x_FX1, weight_FX1 = (
            part_BLF.flatten(0, 1).t().contiguous().unsqueeze(2) for part_BLF in (x_BLF, self.weights(x_BLF))
        )
        raw_FXD, inner_FXD = (
            torch.addcmul(shift[:, None], x_FX1, embed[:, None])
            for shift, embed in zip(self.shift_2FD, self.embed_2FD, strict=True)
        )
        bent_FXD = functional.gelu(inner_FXD)
        gate_FXD, value_FXD = (
            torch.baddbmm(shift[:, None], bent_FXD, own)
            for shift, own in zip(self.own_2FD, self.own_2FDD, strict=True)
        )
        own_FXD = torch.addcmul(raw_FXD, torch.sigmoid(gate_FXD), value_FXD)
        return (weight_FX1 * own_FXD).sum(dim=0).view(*x_BLF.shape[:2], -1)

    def weights(self, x_BLF: torch.Tensor) -> torch.Tensor:
        bent_BLD = self.dropout(functional.gelu(self.inner(x_BLF)))
        return (self.skip(x_BLF) + torch.sigmoid(self.gate(bent_BLD)) * self.value(bent_BLD)).softmax(dim=2)


class SharedValueAttention(nn.Module):
    """Heads with their own queries and keys over one set of values: the mean of their weights is the attention."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads, width = config.heads, config.width
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.value, self.merge = nn.Linear(width, width // self.heads), nn.Linear(width // self.heads, width)

    def forward(self, z_BLD: torch.Tensor) -> torch.Tensor:
        return self.merge(self.weights(z_BLD) @ self.value(z_BLD))

    def weights(self, z_BLD: torch.Tensor) -> torch.Tensor:
        batch, steps, width = z_BLD.shape
        shape = (batch, steps, self.heads, width // self.heads)
        query_BHLE, key_BHLE = (of(z_BLD).view(shape).transpose(1, 2) for of in (self.query, self.key))
        score_BHLL = query_BHLE @ key_BHLE.transpose(2, 3) / math.sqrt(shape[3])
        far_LL = ~reachable(steps, steps, device=z_BLD.device)
        return score_BHLL.masked_fill(far_LL, -math.inf).softmax(dim=3).mean(dim=1)
