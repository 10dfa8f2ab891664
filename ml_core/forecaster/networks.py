"""A fitted network as a part of a forecaster: passes over windows, and what of it is saved."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch

from ml_core.features.scaling import Scaler
from ml_core.forecaster.members import Arrays, View, below
from ml_core.forecaster.threads import one_thread
from ml_core.models.family import config_class, supervised_steps
from ml_core.models.head import ForecastNetwork
from ml_core.panel.layout import Layout
from ml_core.panel.tiles import tiles
from ml_core.spec.experiment import Model
from ml_core.spec.run import RunSpec

# Every pass has this many windows, filled up if need be: a matrix product of another shape rounds otherwise, and a
# window alone must be answered as among others, bit for bit.
BATCH = 64


@dataclass(frozen=True)
class NetworkMember:
    """One fitted network with the scaler of its training rows. A pass over a window answers its last `steps` rows: one
    where every bit counts, as it is served; more where many rows are asked only to rank it. `filled`: every pass has as
    many windows, so that each bit of one is the same alone as among others."""

    network: ForecastNetwork
    scaler: Scaler
    steps: int = 1
    filled: bool = True

    def outputs(self, view: View, rows_NT: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean_STO, scale_STO = run_network(self, view.layout, rows_NT, view.reading.lookback)
        return view.layout.per_ticker(mean_STO), view.layout.per_ticker(scale_STO)

    def unfilled(self) -> NetworkMember:
        """A pass has as many windows as are asked for."""
        return replace(self, filled=False)

    def dense(self, spec: RunSpec, /) -> NetworkMember:
        """It answers in one pass over a window all rows of it that it learned from."""
        supervise = config_class(spec.model.family).supervises
        return replace(self, steps=supervised_steps(supervise, spec.reading.lookback))

    def arrays(self) -> dict[str, np.ndarray]:
        weights = {
            f"network.{name}": tensor.detach().cpu().contiguous().numpy()
            for name, tensor in self.network.state_dict().items()
        }
        scaler = {f"scaler.{name}": part_F.copy() for name, part_F in vars(self.scaler).items()}
        return {**weights, **scaler}

    def facts(self) -> dict[str, Any]:
        return {}

    @classmethod
    def restore(cls, model: Model, arrays: Arrays) -> NetworkMember:
        scaler = Scaler(*(arrays[f"scaler.{part.name}"] for part in fields(Scaler)))
        own = {name: torch.from_numpy(part) for name, part in below("network.", arrays).items()}
        inputs, outputs = len(scaler.mean_F), len(own["mean.bias"])
        tickers = inputs // own["direct.weight"].shape[1]
        network = ForecastNetwork(model, inputs=inputs, outputs=outputs, tickers=tickers)
        network.load_state_dict(own)
        return cls(network.eval(), scaler)


def run_network(
    member: NetworkMember, layout: Layout, rows_NT: np.ndarray, lookback: int
) -> tuple[np.ndarray, np.ndarray]:
    """The last steps of windows that end at each asked place, or cover it; NaN elsewhere."""
    rows_ST = rows_NT if layout.x_STF.shape[0] == rows_NT.shape[0] else rows_NT.any(axis=0, keepdims=True)
    rows_ST = rows_ST & layout.usable_ST
    places = torch.from_numpy(_places(rows_ST, layout.usable_ST, member.steps))
    if member.filled:
        places = torch.cat([places, places[:1].expand(-len(places) % BATCH, -1)])
    back_W = torch.arange(member.steps - 1, -1, -1)
    mean_STO = np.full((*rows_ST.shape, layout.outputs), np.nan, dtype=np.float32)
    scale_STO = mean_STO.copy()
    member.network.eval()
    with one_thread(), torch.inference_mode():
        for series_B, end_B in (batch.unbind(1) for batch in places.split(BATCH) if len(batch)):
            x_BLF = layout.inputs_of(series_B, end_B, lookback=lookback, scaler=member.scaler)
            mean_BWO, scale_BWO = member.network(x_BLF, last=member.steps)
            place = series_B[:, None], end_B[:, None] - back_W
            mean_STO[place], scale_STO[place] = mean_BWO.numpy(), scale_BWO.numpy()
    mean_STO[~rows_ST], scale_STO[~rows_ST] = np.nan, np.nan
    return mean_STO, scale_STO


def _places(rows_ST: np.ndarray, usable_ST: np.ndarray, steps: int) -> np.ndarray:
    """(series, end) of the windows to pass over."""
    if steps == 1 or not rows_ST.any():
        return np.argwhere(rows_ST)
    return tiles(rows_ST, usable_ST, steps, 0)
