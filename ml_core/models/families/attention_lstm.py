"""LSTM with temporal attention: score each step, softmax over the steps so far, a context vector (Bahdanau 2015).

e_t = m·tanh(v·tanh(W h_t)); a_ts = exp(e_s) / sum_{r<=t} exp(e_r); c_t = sum_{s<=t} a_ts h_s. The score is bounded,
so the running sums need no later step to be stable, and a step costs the same as without attention.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from ml_core.models.family import Encoder, ModelConfig
from ml_core.ranges import OneOf, Uniform

BOUND = 6.0


class Config(ModelConfig):
    hidden: Annotated[int, Field(ge=1), OneOf(16, 32, 64)] = 32
    layers: Annotated[int, Field(ge=1), OneOf(1, 2)] = 1
    dropout: Annotated[float, Field(ge=0, lt=1), Uniform(0.0, 0.3)] = 0.1


class Network(Encoder):
    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        self.width = config.hidden
        between = config.dropout if config.layers > 1 else 0.0
        self.lstm = nn.LSTM(inputs, config.hidden, config.layers, batch_first=True, dropout=between)
        self.attend = nn.Linear(config.hidden, config.hidden)
        self.score = nn.Linear(config.hidden, 1, bias=False)
        self.combine = nn.Linear(2 * config.hidden, config.hidden)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
        h_BLD, _ = self.lstm(x_BLF)
        weight_BL1 = self._weights(h_BLD)
        context_BLD = (weight_BL1 * h_BLD).cumsum(dim=1) / weight_BL1.cumsum(dim=1)
        return self.dropout(torch.tanh(self.combine(torch.cat([h_BLD, context_BLD], dim=2))))

    def attention(self, x_BLF: torch.Tensor) -> torch.Tensor:
        """a_BL: how much the last step of each window looks at every step; sums to one."""
        h_BLD, _ = self.lstm(x_BLF)
        weight_BL = self._weights(h_BLD).squeeze(2)
        return weight_BL / weight_BL.sum(dim=1, keepdim=True)

    def _weights(self, h_BLD: torch.Tensor) -> torch.Tensor:
        return torch.exp(BOUND * torch.tanh(self.score(torch.tanh(self.attend(h_BLD)))))
