"""Provides the attention that several families share: a step mixes what it and earlier steps hold, and never a
later one."""

import math

import torch
from torch import nn
from torch.nn import functional

from ml_core.models.dropout import Dropout
from ml_core.models.initialisation import AddedLinear
from ml_core.models.sparse import SparseAttention


class CausalAttention(nn.Module):
    """Dot products of heads (Vaswani 2017); with `reach`, a step sees itself and the `reach` - 1 steps before it."""

    def __init__(self, width: int, heads: int, *, reach: int | None = None) -> None:
        super().__init__()
        self.heads, self.reach = heads, reach
        self.project = nn.Linear(width, 3 * width)
        self.merge = AddedLinear(width, width)

    def forward(self, z_BLD: torch.Tensor, last: int | None = None) -> torch.Tensor:
        """What every step, or the `last` so many of them, take from the steps so far."""
        batch, steps, width = z_BLD.shape
        query, key, value = self._heads(z_BLD)
        last = last or steps
        near_WL = None
        if last < steps or self.reach is not None:
            near_WL = reachable(steps, self.reach or steps, device=z_BLD.device)[-last:]
        mixed = functional.scaled_dot_product_attention(
            query[:, :, -last:], key, value, attn_mask=near_WL, is_causal=near_WL is None
        )
        return self.merge(mixed.transpose(1, 2).reshape(batch, last, width))

    def weights(self, z_BLD: torch.Tensor) -> torch.Tensor:
        """a_BLL: the mean over the heads."""
        steps = z_BLD.shape[1]
        query, key, _ = self._heads(z_BLD)
        score_BHLL = query @ key.transpose(2, 3) / math.sqrt(query.shape[3])
        far_LL = ~reachable(steps, self.reach or steps, device=z_BLD.device)
        return score_BHLL.masked_fill(far_LL, -math.inf).softmax(dim=3).mean(dim=1)

    def _heads(self, z_BLD: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        batch, steps, width = z_BLD.shape
        parts = self.project(z_BLD).view(batch, steps, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        return query, key, value


class AttentionBlock(nn.Module):
    """Attention, then a two-layer network on each step; each normalises what it reads and adds to what came in."""

    def __init__(self, width: int, attend: CausalAttention | SparseAttention, *, dropout: float) -> None:
        super().__init__()
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend = attend
        self.widen, self.narrow = nn.Linear(width, 2 * width), AddedLinear(2 * width, width)
        self.dropout = Dropout(dropout)

    def forward(self, z_BLD: torch.Tensor) -> torch.Tensor:
        return self._widened(z_BLD + self.dropout(self.attend(self.first(z_BLD))))

    def ending(self, z_BLD: torch.Tensor, last: int) -> torch.Tensor:
        """z_BWD: the last steps, which look at all; no other is computed."""
        if not isinstance(self.attend, CausalAttention):
            return self(z_BLD)[:, -last:]
        return self._widened(z_BLD[:, -last:] + self.dropout(self.attend(self.first(z_BLD), last)))

    def _widened(self, z_BLD: torch.Tensor) -> torch.Tensor:
        inner = functional.gelu(self.widen(self.second(z_BLD)))
        return z_BLD + self.dropout(self.narrow(inner))

    def weights(self, z_BLD: torch.Tensor) -> torch.Tensor:
        return self.attend.weights(self.first(z_BLD))


def dense_blocks(count: int, width: int, heads: int, *, dropout: float) -> nn.ModuleList:
    attend = (CausalAttention(width, heads) for _ in range(count))
    return nn.ModuleList(AttentionBlock(width, each, dropout=dropout) for each in attend)


def ending_through(blocks: nn.ModuleList, z_BLD: torch.Tensor, last: int) -> torch.Tensor:
    """z_BWD: all blocks on all steps, but for the last block, which answers for the last steps only."""
    *earlier, final = blocks
    for block in earlier:
        z_BLD = block(z_BLD)
    assert isinstance(final, AttentionBlock)
    return final.ending(z_BLD, last)


def weights_through(blocks: nn.ModuleList, z_BLD: torch.Tensor) -> torch.Tensor:
    """a_BLL: the mean over heads and blocks of what each step looks at."""
    weights = []
    for block in blocks:
        assert isinstance(block, AttentionBlock)
        weights.append(block.weights(z_BLD))
        z_BLD = block(z_BLD)
    return torch.stack(weights).mean(dim=0)


def reachable(steps: int, reach: int, *, device: torch.device) -> torch.Tensor:
    """near_LL: true where a row's step may look at a column's."""
    place_L = torch.arange(steps, device=device)
    back_LL = place_L[:, None] - place_L[None, :]
    return (back_LL >= 0) & (back_LL < reach)


def add_places(z_BLD: torch.Tensor) -> torch.Tensor:
    """Sines and cosines of a step's place in the window on top; a product of two says how far they are apart."""
    _, steps, width = z_BLD.shape
    place = torch.arange(steps, dtype=torch.float32, device=z_BLD.device).unsqueeze(1)
    rate = torch.arange(0, width, 2, dtype=torch.float32, device=z_BLD.device)
    angle = place * torch.exp(rate * (-math.log(10_000.0) / width))
    return z_BLD + torch.cat([torch.sin(angle), torch.cos(angle)], dim=1).to(z_BLD.dtype)


def check_heads(width: int, heads: int, *, key: str = "width") -> None:
    if width % heads:
        more = -(-width // heads) * heads
        raise ValueError(f"{key} {width} is not a multiple of heads {heads}; expected one such as {more}")
