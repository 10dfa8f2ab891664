"""Fits the level and size of forecasts whose loss is a correlation, and so leaves both open: the line of outcomes
on forecasts."""

import torch

from ml_core.models.head import ForecastNetwork

LEAST_CORRELATION = 0.01  # a line that is flat or falls would end or turn what was learned


def fit_level(mean_RH: torch.Tensor, y_RH: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Slope and shift per horizon of the least-squares line of outcome on forecast; NaN is not known."""
    known_RH = y_RH.isfinite()
    count_H = known_RH.sum(dim=0).clamp(min=1)
    mean_RH, y_RH = (torch.where(known_RH, part, 0.0).double() for part in (mean_RH, y_RH))
    middle_H, centre_H = mean_RH.sum(dim=0) / count_H, y_RH.sum(dim=0) / count_H
    m_RH, o_RH = (mean_RH - middle_H) * known_RH, (y_RH - centre_H) * known_RH
    spread_H, reach_H = m_RH.square().sum(dim=0).sqrt(), o_RH.square().sum(dim=0).sqrt()
    moves_H = spread_H > 0
    divisor_H = torch.where(moves_H, spread_H, 1.0)
    correlation_H = (m_RH * o_RH).sum(dim=0) / divisor_H / reach_H.clamp(min=1e-12)
    slope_H = correlation_H.clamp(min=LEAST_CORRELATION) * reach_H / divisor_H
    slope_H = torch.where(moves_H & (reach_H > 0), slope_H, 1.0)
    return slope_H, centre_H - slope_H * middle_H


@torch.no_grad()
def set_level(network: ForecastNetwork, slope_H: torch.Tensor, shift_H: torch.Tensor) -> None:
    """Bring the head's means onto that line; outputs are tickers by horizons where the layout is joint."""
    times = network.mean.out_features // len(slope_H)
    slope_O, shift_O = (part_H.repeat(times).to(network.mean.weight) for part_H in (slope_H, shift_H))
    network.mean.weight.mul_(slope_O[:, None])
    network.direct.weight.mul_(slope_H.to(network.direct.weight)[:, None])
    network.mean.bias.mul_(slope_O).add_(shift_O)
