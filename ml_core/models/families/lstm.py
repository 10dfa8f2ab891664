"""LSTM (Hochreiter & Schmidhuber 1997): layers of gated memory; causal by construction.

c_t = f_t c_(t-1) + i_t g_t and h_t = o_t tanh(c_t), where the gates f, i, o and the candidate g read x_t and h_(t-1).
Cost: 8·D² multiplications a step and layer. Dropout stands between layers and after the last, never inside a layer.
"""

import torch

from ml_core.models.dropout import Dropout
from ml_core.models.family import Encoder
from ml_core.models.recurrent import Recurrent, RecurrentConfig


class Config(RecurrentConfig):
    """Sizes, number of layers and dropout."""


class Network(Encoder):
    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        self.memory = Recurrent(config.sizes, inputs, dropout=config.dropout)
        self.width = self.memory.width
        self.dropout = Dropout(config.dropout)

    def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
        return self.dropout(self.memory(x_BLF))
