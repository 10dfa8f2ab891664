"""Lays the panel out as a network sees it: one series a ticker (pooled), or one series of all tickers (joint)."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch

from ml_core.features.scaling import Scaler
from ml_core.panel.windows import Windows

Scale: TypeAlias = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Layout:
    """Series S by sessions T; x_STF and y_STO are the panel itself, or one reshaped copy of it when joint."""

    x_STF: torch.Tensor
    y_STO: torch.Tensor
    usable_ST: np.ndarray
    tickers: int

    @property
    def inputs(self) -> int:
        return self.x_STF.shape[2]

    @property
    def outputs(self) -> int:
        return self.y_STO.shape[2]

    def inputs_of(
        self, series_B: torch.Tensor, end_B: torch.Tensor, *, lookback: int, scaler: Scaler
    ) -> torch.Tensor:
        """x_BLF: the windows that end there, scaled; what is not known becomes the training average."""
        return rescale(windows_of(self.x_STF, series_B, end_B, lookback), scale_of(scaler))

    @property
    def joint(self) -> bool:
        """One series holds every ticker."""
        return self.tickers > 1 and self.x_STF.shape[0] == 1

    def per_ticker(self, out_STO: np.ndarray) -> np.ndarray:
        """out_NTH: the outputs by ticker and horizon, whichever way they were laid."""
        series, sessions, outputs = out_STO.shape
        if series == self.tickers:
            return out_STO
        return out_STO.reshape(sessions, self.tickers, outputs // self.tickers).transpose(1, 0, 2)


def lay_out(windows: Windows, features: tuple[str, ...], *, layout: str, lookback: int) -> Layout:
    """Pooled uses the panel in place; choosing features or the joint layout copies it once."""
    x_NTF = windows.inputs(features)
    y_NTH, usable_NT = windows.y_NTH, windows.usable(lookback)
    if layout == "joint" and len(windows.tickers) > 1:
        sessions = len(windows.sessions)
        x_NTF = x_NTF.transpose(1, 0, 2).reshape(1, sessions, -1)
        y_NTH = y_NTH.transpose(1, 0, 2).reshape(1, sessions, -1)
        usable_NT = np.atleast_2d(usable_NT.any(axis=0))
    return Layout(torch.from_numpy(x_NTF), torch.from_numpy(y_NTH), usable_NT, len(windows.tickers))


def windows_of(
    x_STF: torch.Tensor, series_B: torch.Tensor, end_B: torch.Tensor, lookback: int
) -> torch.Tensor:
    """x_BLF: a copy of the windows that end there. Each is one run of memory: copied so, not step by step."""
    return x_STF.unfold(1, lookback, 1).transpose(2, 3)[series_B, end_B - (lookback - 1)]


def scale_of(scaler: Scaler, device: torch.device | str = "cpu") -> Scale:
    """Mean, deviation, low and high of every input, on the device."""
    parts = (scaler.mean_F, scaler.deviation_F, scaler.low_F, scaler.high_F)
    mean_F, deviation_F, low_F, high_F = (torch.from_numpy(part).to(device) for part in parts)
    return mean_F, deviation_F, low_F, high_F


def rescale(x_BLF: torch.Tensor, scale: Scale) -> torch.Tensor:
    """The same tensor, scaled in place; what is not known becomes the training average."""
    mean_F, deviation_F, low_F, high_F = scale
    return x_BLF.sub_(mean_F).div_(deviation_F).nan_to_num_(0.0).clamp_(low_F, high_F)
