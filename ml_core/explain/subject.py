"""What an explanation is about: one forecast of one ticker on one session, with the model that made it and the panel
that it read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.explain.sharing import way_of
from ml_core.forecaster.component import Component
from ml_core.forecaster.forecaster import Forecaster
from ml_core.forecaster.members import View
from ml_core.panel.regimes import with_regimes
from ml_core.panel.windows import Windows


@dataclass(frozen=True)
class Scene:
    """A model with the panel of one session: what all explanations of that session's forecasts share. `table` has the
    forecasts themselves, FORECAST rows of that session alone; `windows` end with it."""

    forecaster: Forecaster
    windows: Windows
    table: pl.DataFrame

    @property
    def as_of(self) -> dt.date:
        return self.windows.sessions[-1]

    @cached_property
    def usable_NT(self) -> np.ndarray:
        return self.windows.usable(self.forecaster.lookback)

    @cached_property
    def remembered(self) -> dict[tuple[str, int], Any]:
        """What a method found of the past by its name and the place of a horizon or an input: it is the same for every
        ticker."""
        return {}

    @cached_property
    def views(self) -> tuple[View, ...]:
        """The panel as each component reads it."""
        return tuple(self.view_of(one) for one in self.forecaster.components)

    def view_of(self, component: Component) -> View:
        windows = with_regimes(self.windows, component.regimes, component.features)
        return View(windows, component.features, component.spec.reading)

    @cached_property
    def reads_features(self) -> bool:
        """Whether anything but the ticker's own past is read."""
        return any(way_of(member) != "past" for member in self.forecaster.members)

    @cached_property
    def said(self) -> Mapping[tuple[str, int], Mapping[str, float]]:
        """The numbers of each forecast, by ticker and horizon."""
        rows = self.table.filter(pl.col("mean").is_not_null())
        return {(row["ticker"], row["horizon"]): row for row in rows.iter_rows(named=True)}

    @property
    def tickers(self) -> tuple[str, ...]:
        """Those that have a forecast."""
        return tuple(dict.fromkeys(ticker for ticker, _ in self.said))

    def about(self, ticker: str, horizon: int | None = None) -> Subject:
        """One forecast of it; by default of the shortest horizon."""
        known = self.forecaster.spec.task.horizons
        if horizon is not None and horizon not in known:
            raise InvalidInput(
                f"horizon: {horizon} is not forecast; expected any of {', '.join(map(str, known))}"
            )
        ahead = known[0] if horizon is None else horizon
        if (ticker, ahead) not in self.said:
            raise NotEnoughData(
                f"no forecast of {ticker} as of {self.as_of} to explain; "
                + (f"there are those of {', '.join(self.tickers)}" if self.tickers else "no ticker has one")
            )
        return Subject(self, ticker, ahead)


@dataclass(frozen=True)
class Subject:
    """One forecast of a scene."""

    scene: Scene
    ticker: str
    horizon: int

    @property
    def place(self) -> int:
        """The ticker's own."""
        return self.scene.windows.tickers.index(self.ticker)

    @property
    def column(self) -> int:
        """The horizon's own."""
        return self.scene.windows.horizons.index(self.horizon)

    @property
    def row(self) -> Mapping[str, float]:
        return self.scene.said[self.ticker, self.horizon]

    @cached_property
    def rows_NT(self) -> np.ndarray:
        """The one place of the panel that it is of."""
        rows_NT = np.zeros(self.scene.usable_NT.shape, dtype=bool)
        rows_NT[self.place, -1] = True
        return rows_NT

    @cached_property
    def remembered(self) -> dict[str, Any]:
        """What one method found that another asks for again, by its name."""
        return {}


def open_scene(
    forecaster: Forecaster,
    prices: pl.DataFrame,
    *,
    as_of: dt.date | None = None,
    table: pl.DataFrame | None = None,
) -> Scene:
    """The last session of these prices, or the last one up to `as_of`: nothing later is looked at. `table`: its
    forecasts, where they are at hand."""
    known = prices if as_of is None else prices.filter(pl.col("date") <= as_of)
    if known.is_empty():
        raise NotEnoughData(f"no prices up to {as_of}")
    windows = forecaster.read(known)
    if table is None:
        rows_NT = windows.usable(forecaster.lookback)
        rows_NT[:, :-1] = False
        table = forecaster.forecast(windows, rows_NT)
    return Scene(forecaster, windows, table.filter(pl.col("as_of") == windows.sessions[-1]))
