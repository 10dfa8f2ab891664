"""Networks: integrated gradients (Sundararajan, Taly and Yan 2017) from the average training day, batched on the panel.

A window is led on a straight line from one in which every input is the training average to the one that was seen; what
an input adds is how far it moved times the mean gradient on the way. The mean is taken at four of Gauss's points. Where
the shares of a piece of the way do not add up to what the network says at its ends, as at a kink of a rectifier, the
piece is halved and asked again.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from ml_core.explain.sharing import PEERS, Question, Shared, Sharing
from ml_core.forecaster.members import Member
from ml_core.forecaster.networks import NetworkMember
from ml_core.forecaster.threads import one_thread
from ml_core.models.head import ForecastNetwork

POINTS = 4  # on a piece of the way
CLOSE = 5e-5  # units of volatility: shares of the whole way that add up to this add up
LEAST = 5e-6  # the same of a short piece
DEPTH = 20  # halvings at most; what is left over then is told as the rest
TOGETHER = 256  # windows of one pass


def share(member: Member, question: Question) -> Shared:
    assert isinstance(member, NetworkMember)
    view, layout = question.view, question.view.layout
    ticker_R, session_R = np.nonzero(question.rows_NT)
    joint = layout.joint
    series_R = np.zeros_like(ticker_R) if joint else ticker_R
    many = len(view.windows.horizons)
    output_R = (ticker_R * many if joint else 0) + np.full_like(ticker_R, question.horizon)
    x_RLF = layout.inputs_of(
        torch.from_numpy(series_R),
        torch.from_numpy(session_R),
        lookback=view.reading.lookback,
        scaler=member.scaler,
    )
    with one_thread():
        value_R, base_R, share_RLF = integrate(
            _frozen(member.network), x_RLF, torch.from_numpy(output_R), scale=question.part == "scale"
        )
    names = view.features
    if joint:  # an input of the window is a feature of some ticker
        names, share_RLF = (*names, PEERS), _own_and_others(share_RLF, ticker_R, layout.tickers)
    return Shared(names, value_R, base_R, share_RLF[:, ::-1])


def _own_and_others(share_RLX: np.ndarray, ticker_R: np.ndarray, tickers: int) -> np.ndarray:
    """share_RLF: of the ticker's own features, and last of all that is read of others."""
    share_RLNF = share_RLX.reshape(*share_RLX.shape[:2], tickers, -1)
    own_RLF = share_RLNF[np.arange(len(ticker_R)), :, ticker_R]
    others_RL = share_RLX.sum(axis=2) - own_RLF.sum(axis=2)
    return np.concatenate([own_RLF, others_RL[:, :, None]], axis=2)


def _frozen(network: ForecastNetwork) -> ForecastNetwork:
    """A copy whose weights ask for no gradient, which is half of the work."""
    return copy.deepcopy(network).eval().requires_grad_(False)


def integrate(
    network: ForecastNetwork, x_RLF: torch.Tensor, output_R: torch.Tensor, *, scale: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """value_R, base_R and share_RLF, in the order of the window's steps."""
    way = _Way(network, x_RLF, output_R, 1 if scale else 0)
    everyone = np.arange(len(x_RLF))
    value_R, base_R = way.said(everyone, np.ones(len(everyone))), way.base_R
    share_RLF = np.zeros(x_RLF.shape)
    row_P, from_P, to_P = everyone, np.zeros(len(everyone)), np.ones(len(everyone))
    start_P, end_P = base_R, value_R
    for depth in range(DEPTH + 1):
        part_PLF = way.led(row_P, from_P, to_P)
        gap_P = np.abs(end_P - start_P - part_PLF.sum(axis=(1, 2)))
        done_P = (gap_P <= np.maximum(CLOSE * (to_P - from_P), LEAST)) | (depth == DEPTH)
        np.add.at(share_RLF, row_P[done_P], part_PLF[done_P])
        open_P = ~done_P
        row_P, from_P, to_P = row_P[open_P], from_P[open_P], to_P[open_P]
        start_P, end_P = start_P[open_P], end_P[open_P]
        if not len(row_P):
            break
        middle_P = (from_P + to_P) / 2
        said_P = way.said(row_P, middle_P)
        row_P = np.tile(row_P, 2)
        from_P, to_P = np.concatenate([from_P, middle_P]), np.concatenate([middle_P, to_P])
        start_P, end_P = np.concatenate([start_P, said_P]), np.concatenate([said_P, end_P])
    return value_R, base_R, share_RLF


@dataclass(frozen=True)
class _Way:
    """The straight lines that windows are led on; a place on one is a share of its length."""

    network: ForecastNetwork
    x_RLF: torch.Tensor
    output_R: torch.Tensor
    part: int

    @property
    def base_R(self) -> np.ndarray:
        """What is said at the beginning, which all lines share."""
        with torch.inference_mode():
            base_O = self.network(torch.zeros_like(self.x_RLF[:1]), last=1)[self.part][0, 0]
        return base_O[self.output_R].double().numpy()

    def said(self, row_P: np.ndarray, place_P: np.ndarray) -> np.ndarray:
        """What is said at places of some lines."""
        with torch.inference_mode():
            parts = [
                self._out(place_B[:, None, None] * self.x_RLF[row_B], self.output_R[row_B])
                for row_B, place_B in _batches(TOGETHER, row_P, place_P)
            ]
        return torch.cat(parts).double().numpy()

    def led(self, row_P: np.ndarray, from_P: np.ndarray, to_P: np.ndarray) -> np.ndarray:
        """part_PLF: what inputs add on pieces of some lines."""
        place_K, weight_K = points_of(POINTS)
        found = []
        for row_B, from_B, to_B in _batches(TOGETHER // POINTS, row_P, from_P, to_P):
            x_BLF, output_B = self.x_RLF[row_B], self.output_R[row_B]
            place_KB = from_B + place_K[:, None] * (to_B - from_B)
            way_KBLF = (place_KB[:, :, None, None] * x_BLF).requires_grad_()
            out_X = self._out(way_KBLF.flatten(0, 1), output_B.repeat(POINTS))
            (slope_KBLF,) = torch.autograd.grad(out_X.sum(), way_KBLF)
            mean_BLF = torch.einsum("k,kblf->blf", weight_K, slope_KBLF)
            found.append((x_BLF * mean_BLF * (to_B - from_B)[:, None, None]).double().numpy())
        return np.concatenate(found)

    def _out(self, x_BLF: torch.Tensor, output_B: torch.Tensor) -> torch.Tensor:
        return self.network(x_BLF, last=1)[self.part][:, 0].gather(1, output_B[:, None])[:, 0]


def _batches(size: int, row_P: np.ndarray, *places: np.ndarray) -> Iterator[tuple[torch.Tensor, ...]]:
    parts = (torch.from_numpy(row_P), *(torch.from_numpy(place_P).float() for place_P in places))
    return zip(*(part.split(size) for part in parts), strict=True)


@cache
def points_of(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Gauss and Legendre's points between 0 and 1, and their weights."""
    place_K, weight_K = np.polynomial.legendre.leggauss(count)
    return torch.tensor((place_K + 1) / 2, dtype=torch.float32), torch.tensor(
        weight_K / 2, dtype=torch.float32
    )


SHARING = Sharing(order=1, can=lambda member: isinstance(member, NetworkMember), share=share)
