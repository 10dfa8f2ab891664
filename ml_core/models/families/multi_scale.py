"""Multi-scale LSTM: a short, a middle and a long branch, attention inside each and then across them.

A step's short and middle branches remember the last `short` and `middle` steps: their LSTM starts anew between one and
two such lengths back (chunks counted from the window's end, each run after the one before it), and attention reaches
exactly that far. The long branch reads the average of every `stride` steps over the whole window; a step takes the
last one that had ended. Across scales, at every step each branch asks all three: s_i += sum_j softmax_j(q_i·k_j) v_j
(Vaswani 2017). Everything looks back only, so every step is supervised, where the usual form, which cuts the last 10,
30 and L steps, answers the last one. Cost: about (2 + 2 + 1/stride)·8·D² a step, and 4·D² + reach·D of attention each.
"""

from typing import Annotated, Self

import torch
from pydantic import Field, model_validator
from torch import nn

from ml_core.models.attention import CausalAttention, check_heads
from ml_core.models.dropout import Dropout
from ml_core.models.family import Encoder, ModelConfig
from ml_core.models.initialisation import AddedLinear
from ml_core.models.tokens import fold, hold, spread
from ml_core.spec.ranges import OneOf, Uniform


class Config(ModelConfig):
    hidden: Annotated[int, Field(ge=1), OneOf(8, 16, 32)] = 16
    heads: Annotated[int, Field(ge=1), OneOf(1, 2)] = 1
    short: Annotated[int, Field(ge=2), OneOf(5, 10)] = 10
    middle: Annotated[int, Field(ge=2), OneOf(20, 30)] = 30
    stride: Annotated[int, Field(ge=2), OneOf(5, 10)] = 5
    dropout: Annotated[float, Field(ge=0, lt=1), Uniform(0.0, 0.3)] = 0.1

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        check_heads(self.hidden, self.heads, key="hidden")
        return self


class Network(Encoder):
    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        self.width, self.stride = 3 * config.hidden, config.stride
        self.short, self.middle = Recent(config, inputs, config.short), Recent(config, inputs, config.middle)
        self.long = Branch(config, inputs)
        self.across = Across(config.hidden)
        self.dropout = Dropout(config.dropout)

    def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
        s_BLCD = self._branches(x_BLF)
        s_BLCD = s_BLCD + self.across(s_BLCD)
        return self.dropout(s_BLCD.flatten(2))

    def attention(self, x_BLF: torch.Tensor) -> torch.Tensor:
        """The branches' own attention, by how much the scales look at each."""
        share_BLC = self.across.weights(self._branches(x_BLF)).mean(dim=2)
        long_BKK = self.long.weights(self._tokens(x_BLF))
        weights = [self.short.weights(x_BLF), self.middle.weights(x_BLF)]
        weights.append(spread(long_BKK, self.stride, x_BLF.shape[1]))
        return (torch.stack(weights, dim=3) * share_BLC[:, :, None, :]).sum(dim=3)

    def _branches(self, x_BLF: torch.Tensor) -> torch.Tensor:
        """s_BLCD: C branches at every step."""
        long_BLD = hold(self.long(self._tokens(x_BLF)), self.stride, x_BLF.shape[1])
        return torch.stack([self.short(x_BLF), self.middle(x_BLF), long_BLD], dim=2)

    def _tokens(self, x_BLF: torch.Tensor) -> torch.Tensor:
        """x_BKF: averaged before it is thinned out, or what lies between would pass for something slower."""
        return fold(x_BLF, self.stride).mean(dim=2)


class Branch(nn.Module):
    """An LSTM over what it is given, and attention over its states."""

    def __init__(self, config: Config, inputs: int, reach: int | None = None) -> None:
        super().__init__()
        self.lstm = nn.LSTM(inputs, config.hidden, batch_first=True)
        self.norm = nn.LayerNorm(config.hidden)
        self.attend = CausalAttention(config.hidden, config.heads, reach=reach)

    def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
        h_BLD = self.remember(x_BLF)
        return h_BLD + self.attend(self.norm(h_BLD))

    def weights(self, x_BLF: torch.Tensor) -> torch.Tensor:
        return self.attend.weights(self.norm(self.remember(x_BLF)))

    def remember(self, x_BLF: torch.Tensor) -> torch.Tensor:
        return self.lstm(x_BLF)[0]


class Recent(Branch):
    """A branch that remembers no more than twice its reach."""

    def __init__(self, config: Config, inputs: int, reach: int) -> None:
        super().__init__(config, inputs, reach)
        self.reach = reach

    def remember(self, x_BLF: torch.Tensor) -> torch.Tensor:
        batch, steps, _ = x_BLF.shape
        if steps <= self.reach:
            return super().remember(x_BLF)
        chunk_BKSF = fold(x_BLF, self.reach)
        before_BKSF = torch.cat([torch.zeros_like(chunk_BKSF[:, :1]), chunk_BKSF[:, :-1]], dim=1)
        h_XSD = super().remember(torch.cat([before_BKSF, chunk_BKSF], dim=2).flatten(0, 1))
        return h_XSD[:, self.reach :].reshape(batch, -1, h_XSD.shape[2])[:, -steps:]


class Across(nn.Module):
    """At each step, C scales look at one another."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.project, self.merge = nn.Linear(width, 3 * width), AddedLinear(width, width)

    def forward(self, s_BLCD: torch.Tensor) -> torch.Tensor:
        query, key, value = self.project(s_BLCD).chunk(3, dim=3)
        return self.merge(self._look(query, key) @ value)

    def weights(self, s_BLCD: torch.Tensor) -> torch.Tensor:
        """a_BLCC: how much each scale looks at each."""
        query, key, _ = self.project(s_BLCD).chunk(3, dim=3)
        return self._look(query, key)

    def _look(self, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
        return (query @ key.transpose(2, 3) / query.shape[3] ** 0.5).softmax(dim=3)
