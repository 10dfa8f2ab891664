"""Gives training its batches: inputs, targets and cross-sections of the asked windows, taken from a panel that
stays on the device."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from weakref import WeakValueDictionary

import numpy as np
import torch

from ml_core.features.scaling import Scaler
from ml_core.panel.layout import Layout, rescale, scale_of, windows_of
from ml_core.training.tiling import Tile


@dataclass(frozen=True)
class Resident:
    """A tensor and its copy on a device. It holds the first too: while the copy is in use, no other tensor can come
    to lie where the first does, and be taken for it."""

    here: torch.Tensor
    there: torch.Tensor


RESIDENTS: WeakValueDictionary[tuple, Resident] = WeakValueDictionary()


def reside(tensor: torch.Tensor, device: torch.device) -> Resident:
    """The tensor on the device: itself, or the one copy that all fits share and that goes with the last of them."""
    key = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype, device)
    resident = RESIDENTS.get(key)
    if resident is None:
        resident = RESIDENTS[key] = Resident(tensor, tensor.to(device))
    return resident


class Feed:
    """Gives out windows of the panel: of the panel itself on the CPU, of one copy of it on another device. Nothing of
    a step is read back, so that the device never waits for the host."""

    def __init__(
        self,
        layout: Layout,
        learn_ST: np.ndarray,
        scaler: Scaler,
        *,
        lookback: int,
        width: int,
        device: torch.device,
    ) -> None:
        self.layout, self.lookback, self.width, self.device = layout, lookback, width, device
        self._panel = reside(layout.x_STF, device), reside(layout.y_STO, device)
        self.x_STF, self.y_STO = (one.there for one in self._panel)
        self.learn_ST = torch.from_numpy(learn_ST).to(device)
        self.scale = scale_of(scaler, device)
        self._back_L = torch.arange(lookback - 1, -1, -1, device=device)

    def place(self, pieces: Iterable[Tile]) -> list[torch.Tensor]:
        """The pieces on the device, sent in one go."""
        pieces = list(pieces)
        sizes = [len(piece) for piece in pieces]
        return list(torch.from_numpy(np.concatenate(pieces)).to(self.device).split(sizes)) if pieces else []

    def inputs(self, places_BP: torch.Tensor) -> torch.Tensor:
        """x_BLF: the windows, scaled."""
        return rescale(windows_of(self.x_STF, places_BP[:, 0], places_BP[:, 1], self.lookback), self.scale)

    def supervised(self, places_BP: torch.Tensor) -> torch.Tensor:
        """steps_BW: the sessions of the windows' supervised steps."""
        return places_BP[:, 1, None] - self._back_L[-self.width :]

    def targets(self, places_BP: torch.Tensor) -> torch.Tensor:
        """y_BWO: the targets of the supervised steps; NaN where there is none to learn from."""
        series_B1, steps_BW = places_BP[:, 0, None], self.supervised(places_BP)
        y_BWO = self.y_STO[series_B1, steps_BW]
        return torch.where(self.learn_ST[series_B1, steps_BW][:, :, None], y_BWO, torch.nan)

    def cross_sections(
        self, values_BWO: torch.Tensor, places_BP: torch.Tensor, units: int, *, fill: float
    ) -> torch.Tensor:
        """The tickers of a date on the last axis; `fill` where a ticker has no window in the unit."""
        count, width, outputs = values_BWO.shape
        if self.layout.joint:
            return values_BWO.view(count, width, self.layout.tickers, -1).transpose(2, 3)
        shape = (units, self.layout.tickers, width, outputs)
        spread = values_BWO.new_full(shape, fill).index_put((places_BP[:, 2], places_BP[:, 0]), values_BWO)
        return spread.permute(0, 2, 3, 1)
