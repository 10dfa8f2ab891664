"""Prices in, forecasts out: features, scaling, networks, calibration and intervals travel as one object."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import torch

from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.experiment import RunSpec
from ml_core.features.regimes import Regimes
from ml_core.features.scaling import Scaler
from ml_core.features.table import build_features
from ml_core.frames import FORECAST, conform
from ml_core.layout import Layout, lay_out
from ml_core.models.head import ForecastNetwork
from ml_core.regimes import with_regimes
from ml_core.threads import one_thread
from ml_core.windows import Windows, build_windows

# Every pass has this many windows, filled up if need be: a matrix product of another shape rounds otherwise, and a
# window alone must be answered as among others, bit for bit.
BATCH = 64
LEVEL = 0.9
DEVIATIONS = 1.6448536269514722  # a normal's interval of that level: so `scale` is a standard deviation


@dataclass(frozen=True)
class Member:
    """One fitted network with the scaler of its training rows."""

    network: ForecastNetwork
    scaler: Scaler


@dataclass(frozen=True)
class Calibration:
    """Per horizon, fitted on validation dates: how far to trust the mean, how wide the interval is in scales."""

    trust_H: np.ndarray
    width_H: np.ndarray
    level: float = LEVEL


@dataclass(frozen=True)
class Forecaster:
    """Raw prices in, raw log returns out. Callers never meet a scaled number."""

    spec: RunSpec
    features: tuple[str, ...]
    tickers: tuple[str, ...]
    members: tuple[Member, ...]
    calibration: Calibration
    regimes: Regimes | None = None
    name: str = ""
    version: str = ""

    @property
    def lookback(self) -> int:
        return self.spec.task.lookback

    def named(self, name: str, version: str) -> Forecaster:
        return replace(self, name=name, version=version)

    def predict(
        self, prices: pl.DataFrame, *, as_of: dt.date | None = None, since: dt.date | None = None
    ) -> pl.DataFrame:
        """The forecast of every ticker that can be answered at `as_of` (default the last session), or at every
        session from `since` on. Rows after `as_of` are not looked at."""
        known = prices if as_of is None else prices.filter(pl.col("date") <= as_of)
        if known.is_empty():
            raise NotEnoughData(f"no prices up to {as_of}")
        windows = self.read(known)
        sessions = np.asarray(windows.sessions, dtype="datetime64[D]")
        asked_T = sessions >= np.datetime64(since or windows.sessions[-1])
        return self.forecast(windows, windows.usable(self.lookback) & asked_T[None, :])

    def read(self, prices: pl.DataFrame) -> Windows:
        """The windows of these prices as this model reads them."""
        if self.spec.task.layout == "joint":
            prices = self._only_own(prices)
        built = build_features(prices, self.features)
        if built.left_out:
            raise InvalidInput(f"the model needs {', '.join(built.left_out)}, which these prices cannot give")
        return build_windows(prices, built, self.spec.task)

    def forecast(self, windows: Windows, rows_NT: np.ndarray) -> pl.DataFrame:
        """FORECAST rows for the chosen places of the panel: the one way from windows to forecasts."""
        mean_NTH, scale_NTH = self.outputs(windows, rows_NT)
        mean_NTH = mean_NTH * self.calibration.trust_H * windows.unit_NTH
        reach_NTH = scale_NTH * windows.unit_NTH * self.calibration.width_H
        scale_NTH = reach_NTH / DEVIATIONS
        table = windows.to_table(
            rows_NT, mean=mean_NTH, lower=mean_NTH - reach_NTH, upper=mean_NTH + reach_NTH, scale=scale_NTH
        ).with_columns(model=pl.lit(self.name), version=pl.lit(self.version))
        return conform(table, FORECAST, "forecast")

    def outputs(self, windows: Windows, rows_NT: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and scale in units of volatility, averaged over the members, before calibration."""
        task = self.spec.task
        windows = with_regimes(windows, self.regimes, self.features)
        layout = lay_out(windows, self.features, layout=task.layout, lookback=task.lookback)
        answers = [run_network(member, layout, rows_NT, task.lookback) for member in self.members]
        mean_STO, scale_STO = (np.mean([answer[part] for answer in answers], axis=0) for part in (0, 1))
        return layout.per_ticker(mean_STO), layout.per_ticker(scale_STO)

    def _only_own(self, prices: pl.DataFrame) -> pl.DataFrame:
        missing = sorted(set(self.tickers) - set(prices["ticker"].unique()))
        if missing:
            raise InvalidInput(f"a joint model needs all of its tickers; missing {', '.join(missing)}")
        return prices.filter(pl.col("ticker").is_in(self.tickers))


def run_network(
    member: Member, layout: Layout, rows_NT: np.ndarray, lookback: int
) -> tuple[np.ndarray, np.ndarray]:
    """The last step of the window at each asked place; NaN elsewhere."""
    rows_ST = rows_NT if layout.x_STF.shape[0] == rows_NT.shape[0] else rows_NT.any(axis=0, keepdims=True)
    places = torch.from_numpy(np.argwhere(rows_ST & layout.usable_ST))
    places = torch.cat([places, places[:1].expand(-len(places) % BATCH, -1)])
    mean_STO = np.full((*layout.usable_ST.shape, layout.outputs), np.nan, dtype=np.float32)
    scale_STO = mean_STO.copy()
    member.network.eval()
    with one_thread(), torch.inference_mode():
        for series_B, end_B in (batch.unbind(1) for batch in places.split(BATCH)):
            x_BLF = layout.inputs_of(series_B, layout.steps(end_B, lookback), member.scaler)
            mean_BLO, scale_BLO = member.network(x_BLF)
            mean_STO[series_B, end_B] = mean_BLO[:, -1].numpy()
            scale_STO[series_B, end_B] = scale_BLO[:, -1].numpy()
    return mean_STO, scale_STO
