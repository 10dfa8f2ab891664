"""Networks: integrated gradients (Sundararajan, Taly and Yan 2017) from the average training day, batched on the panel.

A window is led on a straight line from one in which every input is the training average to the one that was seen; what
an input adds is how far it moved times the mean gradient on the way. The mean is taken at four of Gauss's points. What
they miss of the difference between the ends, as at kinks of a rectifier, goes to the inputs whose gradient changed on
the way, where the points can have missed something; so the shares add up. A piece of the way of which they miss more
than a hundredth is halved and asked again.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from weakref import WeakKeyDictionary

import numpy as np
import torch

from ml_core.explain.sharing import PEERS, Question, Shared, Sharing
from ml_core.forecaster.members import Member
from ml_core.forecaster.networks import NetworkMember
from ml_core.forecaster.threads import one_thread
from ml_core.models.head import ForecastNetwork

POINTS = 4  # on a piece of the way
MISSED = 0.01  # of the sizes of what a piece shares: more is not given to anybody
LEAST = 5e-6  # units of volatility: less is nothing
DEPTH = 20  # halvings at most; what is missed then is told as the rest
TOGETHER = 128  # windows of one pass: with more or fewer each takes longer

_FROZEN: WeakKeyDictionary[ForecastNetwork, ForecastNetwork] = WeakKeyDictionary()


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
    """A copy whose weights ask for no gradient, which is half of the work; made once, and let go with the network. The
    network itself is left as it is: kernels are chosen by whether weights ask, and what is served keeps its bits."""
    if network not in _FROZEN:
        _FROZEN[network] = copy.deepcopy(network).eval().requires_grad_(False)
    return _FROZEN[network]


def integrate(
    network: ForecastNetwork,
    x_RLF: torch.Tensor,
    output_R: torch.Tensor,
    *,
    scale: bool,
    missed: float = MISSED,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """value_R, base_R and share_RLF, in the order of the window's steps. `missed`: how much of what it shares a piece
    may miss, so that it is not halved."""
    way = _Way(network, x_RLF, output_R, 1 if scale else 0)
    everyone = np.arange(len(x_RLF))
    value_R, base_R = way.said(everyone, np.ones(len(everyone))), way.base_R
    share_RLF = np.zeros(x_RLF.shape)
    row_P, from_P, to_P = everyone, np.zeros(len(everyone)), np.ones(len(everyone))
    start_P, end_P = base_R, value_R
    for depth in range(DEPTH + 1):
        part_PLF, spread_PLF = way.led(row_P, from_P, to_P)
        missed_P = end_P - start_P - part_PLF.sum(axis=(1, 2))
        known_P = np.abs(missed_P) <= np.maximum(missed * np.abs(part_PLF).sum(axis=(1, 2)), LEAST)
        part_PLF[known_P] += _give(missed_P[known_P], spread_PLF[known_P])
        done_P = known_P | (depth == DEPTH)
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


def _give(missed_P: np.ndarray, spread_PLF: np.ndarray) -> np.ndarray:
    """To each input in proportion to the variance of what it adds over the points; where none varies, to nobody."""
    whole_P = spread_PLF.sum(axis=(1, 2))
    per_P = np.divide(missed_P, whole_P, out=np.zeros_like(missed_P), where=whole_P > 0)
    return per_P[:, None, None] * spread_PLF


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

    def led(self, row_P: np.ndarray, from_P: np.ndarray, to_P: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """part_PLF, what inputs add on pieces of some lines, and spread_PLF, its variance over the points."""
        place_K, weight_K = points_of(POINTS)
        parts, spreads = [], []
        for row_B, from_B, to_B in _batches(TOGETHER // POINTS, row_P, from_P, to_P):
            x_BLF, output_B = self.x_RLF[row_B], self.output_R[row_B]
            place_KB = from_B + place_K[:, None] * (to_B - from_B)
            way_KBLF = (place_KB[:, :, None, None] * x_BLF).requires_grad_()
            out_X = self._out(way_KBLF.flatten(0, 1), output_B.repeat(POINTS))
            (slope_KBLF,) = torch.autograd.grad(out_X.sum(), way_KBLF)
            mean_BLF = torch.einsum("k,kblf->blf", weight_K, slope_KBLF)
            var_BLF = torch.einsum("k,kblf->blf", weight_K, (slope_KBLF - mean_BLF).square_())
            moved_BLF = x_BLF * (to_B - from_B)[:, None, None]
            parts.append((moved_BLF * mean_BLF).double().numpy())
            spreads.append((moved_BLF.square() * var_BLF).double().numpy())
        return np.concatenate(parts), np.concatenate(spreads)

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
