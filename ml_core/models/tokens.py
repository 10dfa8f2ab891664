"""Joins several steps to one token and spreads tokens back over steps, counted from the window's end, so that the
last step always ends a token."""

import torch
from torch.nn import functional


def fold(x_BLF: torch.Tensor, size: int) -> torch.Tensor:
    """x_BKSF: K tokens of S steps; what is missing before the first is zero, the training average."""
    batch, steps, inputs = x_BLF.shape
    padded = functional.pad(x_BLF, (0, 0, -steps % size, 0))
    return padded.view(batch, -1, size, inputs)


def hold(token_BKD: torch.Tensor, size: int, steps: int) -> torch.Tensor:
    """z_BLD: at every step the last token that had ended by then; zero before the first ends."""
    count = token_BKD.shape[1]
    before = steps - 1 - (count - 1) * size
    held_BLD = token_BKD.repeat_interleave(size, dim=1)[:, : steps - before]
    return functional.pad(held_BLD, (0, 0, before, 0))


def spread(weight_BKK: torch.Tensor, size: int, steps: int) -> torch.Tensor:
    """a_BLL: weights between tokens as weights between steps; a step before the first token's end looks at itself."""
    row_BLK = hold(weight_BKK, size, steps)
    padding = weight_BKK.shape[2] * size - steps
    inside_K = torch.full((weight_BKK.shape[2],), float(size), device=weight_BKK.device)
    inside_K[0] -= padding
    weight_BLL = (row_BLK / inside_K).repeat_interleave(size, dim=2)[:, :, padding:]
    before = size - padding - 1
    first_L = torch.arange(steps, device=weight_BKK.device) < before
    return weight_BLL + torch.diag(first_L.to(weight_BLL.dtype))
