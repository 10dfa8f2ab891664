"""LSTM with temporal attention: score each step, softmax over the steps so far, a context vector (Bahdanau 2015).

e_t = m·tanh(v·tanh(W h_t)); a_ts = exp(e_s) / sum_{r<=t} exp(e_r); c_t = sum_{s<=t} a_ts h_s. The score is bounded,
so the running sums need no later step to be stable. It reads h_s alone, not h_t as Bahdanau's does: the scores of a
step serve all later ones, and attention adds 3·D² to the LSTM's 8·D² a step however long the window is.
"""

import torch
from torch import nn

from ml_core.models.dropout import Dropout
from ml_core.models.family import Encoder
from ml_core.models.recurrent import Recurrent, RecurrentConfig

BOUND = 6.0


class Config(RecurrentConfig):
    """Sizes, number of layers and dropout."""


class Network(Encoder):
    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        self.memory = Recurrent(config.sizes, inputs, dropout=config.dropout)
        self.width = self.memory.width
        self.attend = nn.Linear(self.width, self.width)
        self.score = nn.Linear(self.width, 1, bias=False)
        self.combine = nn.Linear(2 * self.width, self.width)
        self.dropout = Dropout(config.dropout)

    def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
        h_BLD = self.memory(x_BLF)
        weight_BL1 = self._weights(h_BLD)
        context_BLD = (weight_BL1 * h_BLD).cumsum(dim=1) / weight_BL1.cumsum(dim=1)
        return self.dropout(torch.tanh(self.combine(torch.cat([h_BLD, context_BLD], dim=2))))

    def attention(self, x_BLF: torch.Tensor) -> torch.Tensor:
        weight_BL = self._weights(self.memory(x_BLF)).squeeze(2)
        return (
            weight_BL[:, None, :].expand(-1, weight_BL.shape[1], -1).tril() / weight_BL.cumsum(1)[:, :, None]
        )

    def _weights(self, h_BLD: torch.Tensor) -> torch.Tensor:
        return torch.exp(BOUND * torch.tanh(self.score(torch.tanh(self.attend(h_BLD)))))
