"""Attends sparsely over long windows: a step sees all that lies near and only a few steps of what lies far.

K blocks of P steps are counted from the window's end. Once a block is over, its U keys with the largest
M(k) = max_t q_t·k - mean_t q_t·k over the block's own queries stay visible; a step sees its own block so far, the
block before, and the kept keys of all earlier ones. What it sees was decided before it.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from ml_core.models.initialisation import AddedLinear


class SparseAttention(nn.Module):
    """Heads share the width; each keeps its own steps. A step sees S = 2 P + (K - 2) U others, E wide a head."""

    def __init__(self, width: int, heads: int, *, block: int, keep: int) -> None:
        super().__init__()
        self.heads, self.block, self.keep = heads, block, keep
        self.project, self.merge = nn.Linear(width, 3 * width), AddedLinear(width, width)

    def forward(self, z_BLD: torch.Tensor) -> torch.Tensor:
        batch, steps, width = z_BLD.shape
        query, key, value = self._blocks(z_BLD)
        kept_BHRU = self._keep(query, key, missing=-steps % self.block)
        blocks = query.shape[2]
        mixed_XKPE = functional.scaled_dot_product_attention(  # blocks as heads: they differ in what they see
            query.flatten(0, 1),
            seen(key, kept_BHRU).flatten(0, 1),
            seen(value, kept_BHRU).flatten(0, 1),
            attn_mask=visible(blocks, self.block, self.keep, -steps % self.block, z_BLD.device)[None],
        )
        mixed_BHLE = mixed_XKPE.view(batch, self.heads, -1, width // self.heads)[:, :, -steps:]
        return self.merge(mixed_BHLE.transpose(1, 2).reshape(batch, steps, width))

    def weights(self, z_BLD: torch.Tensor) -> torch.Tensor:
        """a_BLL: the mean over the heads; zero where a step sees nothing."""
        steps = z_BLD.shape[1]
        query, key, _ = self._blocks(z_BLD)
        kept_BHRU = self._keep(query, key, missing=-steps % self.block)
        batch, heads, blocks, size, width = query.shape
        score_BHKPS = query @ seen(key, kept_BHRU).transpose(3, 4) / math.sqrt(width)
        visible_KPS = visible(blocks, size, self.keep, -steps % size, z_BLD.device)
        weight_BHKPS = score_BHKPS.masked_fill(~visible_KPS, -math.inf).softmax(dim=4)
        first_K1 = torch.arange(blocks, device=z_BLD.device)[:, None] * size
        near_KQ = (first_K1 + torch.arange(-size, size, device=z_BLD.device)).clamp_min(0)
        far_BHX = (kept_BHRU + first_K1[: kept_BHRU.shape[2]]).flatten(2)
        place_BHKS = torch.cat(
            [near_KQ.expand(batch, heads, -1, -1), far_BHX[:, :, None].expand(-1, -1, blocks, -1)], dim=3
        )
        map_BHKPL = query.new_zeros(batch, heads, blocks, size, blocks * size)
        map_BHKPL.scatter_add_(4, place_BHKS.unsqueeze(3).expand_as(weight_BHKPS), weight_BHKPS)
        return map_BHKPL.flatten(2, 3).mean(dim=1)[:, -steps:, -steps:]

    def _blocks(self, z_BLD: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Query, key and value as BHKPE, filled up with zeros before the window."""
        batch, steps, width = z_BLD.shape
        parts = functional.pad(self.project(z_BLD), (0, 0, -steps % self.block, 0))
        parts = parts.view(batch, -1, self.block, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(3, 0, 4, 1, 2, 5).unbind(0)
        return query, key, value

    @torch.no_grad()
    def _keep(self, query: torch.Tensor, key: torch.Tensor, *, missing: int) -> torch.Tensor:
        """kept_BHRU: in each of R = K - 2 blocks, the places of the keys that some query wants far above the rest."""
        behind = max(0, query.shape[2] - 2)
        score_BHRPP = query[:, :, :behind] @ key[:, :, :behind].transpose(3, 4)
        sparsity_BHRP = score_BHRPP.amax(dim=3) - score_BHRPP.mean(dim=3)
        if behind:
            sparsity_BHRP[:, :, 0, :missing].fill_(-math.inf)
        return sparsity_BHRP.topk(self.keep, dim=3).indices


def seen(part_BHKPE: torch.Tensor, kept_BHRU: torch.Tensor) -> torch.Tensor:
    """part_BHKSE: what each block sees: the block before, itself, and the kept steps of all that some block has far
    behind it."""
    before = torch.cat([torch.zeros_like(part_BHKPE[:, :, :1]), part_BHKPE[:, :, :-1]], dim=2)
    index = kept_BHRU.unsqueeze(4).expand(*kept_BHRU.shape, part_BHKPE.shape[4])
    far_BHXE = part_BHKPE[:, :, : kept_BHRU.shape[2]].gather(3, index).flatten(2, 3)
    far_BHKXE = far_BHXE.unsqueeze(2).expand(-1, -1, part_BHKPE.shape[2], -1, -1)
    return torch.cat([before, part_BHKPE, far_BHKXE], dim=3)


def visible(blocks: int, size: int, keep: int, missing: int, device: torch.device) -> torch.Tensor:
    """visible_KPS: true where a step may look. Of what fills the first block up, each sees itself only, so that none
    sees nothing; where fewer real steps than `keep` stand there, the kept ones after them are such."""
    place_KP1 = torch.arange(blocks * size, device=device).view(blocks, size, 1)
    near_KPQ = place_KP1[:, :1] + torch.arange(-size, size, device=device)
    near_KPQ = ((near_KPQ >= missing) & (near_KPQ <= place_KP1)) | (near_KPQ == place_KP1)
    block_RU = torch.arange(max(0, blocks - 2), device=device)[:, None].expand(-1, keep)
    real_RU = (block_RU > 0) | (torch.arange(keep, device=device) < size - missing)
    far_KX = (block_RU.flatten() <= torch.arange(blocks, device=device)[:, None] - 2) & real_RU.flatten()
    return torch.cat([near_KPQ, far_KX[:, None].expand(-1, size, -1)], dim=2)
