"""Holds all that was fitted as one object that turns raw prices into forecasts: features, scaling, members,
calibration and intervals travel together. Of several specs that answer as one, each is a component of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.evaluation.metrics import DEVIATIONS
from ml_core.features.regimes import Regimes
from ml_core.features.selection import Choice
from ml_core.features.table import build_features
from ml_core.forecaster.calibration import Calibration
from ml_core.forecaster.component import Component, MeanAndScale, combine
from ml_core.forecaster.members import Member
from ml_core.frames import FORECAST, conform
from ml_core.panel.windows import Windows, build_windows
from ml_core.spec.ensemble import Spec, join
from ml_core.spec.reading import Features
from ml_core.spec.run import Weighted


@dataclass(frozen=True)
class Forecaster:
    """Turns raw prices into forecasts of raw log returns. Callers never meet a scaled number."""

    components: tuple[Component, ...]
    tickers: tuple[str, ...]
    calibration: Calibration
    name: str = ""
    version: str = ""

    @cached_property
    def spec(self) -> Spec:
        """All that was fitted."""
        return join([Weighted(weight=one.weight, spec=one.spec) for one in self.components])

    @cached_property
    def features(self) -> tuple[str, ...]:
        """All that any component reads."""
        return tuple(dict.fromkeys(name for one in self.components for name in one.features))

    @property
    def choice(self) -> tuple[Choice, ...]:
        """Why each feature was chosen, by the first component that reads it."""
        reasons: dict[str, Choice] = {}
        for one in (one for part in self.components for one in part.choice):
            reasons.setdefault(one.feature, one)
        return tuple(reasons.values())

    @property
    def regimes(self) -> Regimes | None:
        """Of the market's training dates: the same for each component that speaks of them."""
        return next((one.regimes for one in self.components if one.regimes), None)

    @property
    def members(self) -> tuple[Member, ...]:
        """Of all components."""
        return tuple(member for one in self.components for member in one.members)

    @property
    def lookback(self) -> int:
        return self.spec.lookback

    @property
    def notes(self) -> tuple[str, ...]:
        """What the members' fits want told: a ticker without parameters of its own, say."""
        return tuple(
            dict.fromkeys(note for member in self.members for note in member.facts().get("notes", ()))
        )

    @property
    def trust(self) -> dict[int, float]:
        """By horizon, how far the mean of the members is trusted."""
        return dict(zip(self.spec.task.horizons, self.calibration.trust_H.tolist(), strict=True))

    @property
    def inner(self) -> dict[int, list[float]]:
        """By horizon, the shares of the interval's reach that hold fewer outcomes; of an older file, none."""
        inner_HL = self.calibration.inner_HL
        return {} if inner_HL is None else dict(zip(self.spec.task.horizons, inner_HL.tolist(), strict=True))

    def named(self, name: str, version: str) -> Forecaster:
        return replace(self, name=name, version=version)

    def predict(
        self,
        prices: pl.DataFrame,
        *,
        as_of: dt.date | None = None,
        since: dt.date | None = None,
        tickers: tuple[str, ...] = (),
    ) -> pl.DataFrame:
        """The forecast of every ticker, or of these, that can be answered at `as_of` (default the last session), or
        at every session from `since` on. Rows after `as_of` are not looked at."""
        known = prices if as_of is None else prices.filter(pl.col("date") <= as_of)
        if known.is_empty():
            raise NotEnoughData(f"no prices up to {as_of}")
        windows = self.read(known)
        sessions = np.asarray(windows.sessions, dtype="datetime64[D]")
        asked_T = sessions >= np.datetime64(since or windows.sessions[-1])
        asked_N = np.array([not tickers or ticker in tickers for ticker in windows.tickers])
        return self.forecast(windows, windows.usable(self.lookback) & asked_N[:, None] & asked_T)

    def read(self, prices: pl.DataFrame) -> Windows:
        """The windows of these prices as this model reads them."""
        if self.spec.joint:
            prices = self._only_own(prices)
        built = build_features(prices, self.features)
        if built.left_out:
            raise InvalidInput(f"the model needs {', '.join(built.left_out)}, which these prices cannot give")
        return build_windows(prices, built, self.spec.task)

    def narrow(self, windows: Windows) -> Windows:
        """A panel that was read for more, as this model reads it: warmed up by its own inputs alone, so that the rows
        that are scored are the rows that are served."""
        return windows.read_as(Features(names=self.features))

    def forecast(self, windows: Windows, rows_NT: np.ndarray) -> pl.DataFrame:
        """FORECAST rows for the chosen places of the panel: the one way from windows to forecasts."""
        needed_NT = self.calibration.rows_needed(windows, windows.usable(self.lookback), rows_NT)
        mean_NTH, reach_NTH = self.calibration.apply(windows, *self.outputs(windows, needed_NT))
        mean_NTH, reach_NTH = mean_NTH * windows.unit_NTH, reach_NTH * windows.unit_NTH
        table = windows.to_table(
            rows_NT,
            mean=mean_NTH,
            lower=mean_NTH - reach_NTH,
            upper=mean_NTH + reach_NTH,
            scale=reach_NTH / DEVIATIONS,
        ).with_columns(model=pl.lit(self.name), version=pl.lit(self.version))
        return conform(table, FORECAST, "forecast")

    def outputs(self, windows: Windows, rows_NT: np.ndarray) -> MeanAndScale:
        """Mean and scale in units of volatility, of all components together, before calibration."""
        return combine(self.components, self.answers(windows, rows_NT))

    def answers(self, windows: Windows, rows_NT: np.ndarray) -> list[MeanAndScale]:
        """The same of each component."""
        return [one.outputs(windows, rows_NT) for one in self.components]

    def _only_own(self, prices: pl.DataFrame) -> pl.DataFrame:
        missing = sorted(set(self.tickers) - set(prices["ticker"].unique()))
        if missing:
            raise InvalidInput(f"a joint model needs all of its tickers; missing {', '.join(missing)}")
        return prices.filter(pl.col("ticker").is_in(self.tickers))
