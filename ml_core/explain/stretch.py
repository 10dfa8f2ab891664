"""What a survey is about: a model and a stretch of sessions that it did not learn from, usually its holdout, asked with
inputs that are not those that were."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from ml_core.data.order import Order
from ml_core.data.prices import read_prices
from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.explain.sharing import way_of
from ml_core.forecaster.component import Component, MeanAndScale, combine
from ml_core.forecaster.forecaster import Forecaster
from ml_core.forecaster.members import View
from ml_core.panel.regimes import with_regimes
from ml_core.panel.splits import Span
from ml_core.panel.windows import Windows
from ml_core.registry.lineage import judged_of
from ml_core.registry.recipe import Recipe
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry

ROWS = 8000  # of a large market tickers are left out, evenly, until it has about so many rows
TICKERS = 32  # and not below so many of them: then sessions are
NO_FEATURES = "it reads no features: there is nothing that could be taken from it"
ChangeInputs = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Stretch:
    """`learned` are the dates that the model was fitted on, `asked` those of which the survey is."""

    forecaster: Forecaster
    windows: Windows
    learned: Span
    asked: Span

    @property
    def names(self) -> tuple[str, ...]:
        """All inputs that some component reads."""
        return self.forecaster.features

    @cached_property
    def reads_features(self) -> bool:
        return any(way_of(member) != "past" for member in self.forecaster.members)

    @cached_property
    def asked_NT(self) -> np.ndarray:
        """The rows of the stretch; of a large market those of some tickers, and at last of some sessions."""
        rows_NT = self._tickers_NT
        sessions = np.flatnonzero(rows_NT.any(axis=0))[:: self.step]
        return rows_NT & np.isin(np.arange(rows_NT.shape[1]), sessions)

    @cached_property
    def step(self) -> int:
        """One of so many sessions is asked."""
        return -(-int(self._tickers_NT.sum()) // ROWS)

    @cached_property
    def _tickers_NT(self) -> np.ndarray:
        rows_NT = self.windows.usable(self.forecaster.lookback) & self.windows.rows(self.asked)
        tickers = np.flatnonzero(rows_NT.any(axis=1))
        if not len(tickers):
            raise NotEnoughData(f"no row can be forecast from {self.asked.start} to {self.asked.end}")
        apart = min(-(-int(rows_NT.sum()) // ROWS), max(1, len(tickers) // TICKERS))
        return rows_NT & np.isin(np.arange(len(rows_NT)), tickers[::apart])[:, None]

    @cached_property
    def views(self) -> tuple[View, ...]:
        """The panel as each component reads it, the market's regimes among its columns."""
        return tuple(_as_read(one, self.windows) for one in self.forecaster.components)

    def changed(self, changes: Mapping[str, ChangeInputs]) -> tuple[View, ...]:
        """The same with the values_NT of some inputs changed."""
        return tuple(_with_changes(view, changes) for view in self.views)

    def answer(self, views: Sequence[View], rows_NT: np.ndarray) -> MeanAndScale:
        """Mean and scale in units of volatility, of all components together, before calibration: close to what is
        served, for thousands of rows are asked again and again."""
        parts = self._dense
        return combine(parts, [one.answer(view, rows_NT) for one, view in zip(parts, views, strict=True)])

    @cached_property
    def _dense(self) -> tuple[Component, ...]:
        return tuple(one.dense() for one in self.forecaster.components)

    def values(self, name: str) -> np.ndarray:
        """values_NT of an input, as the first component that has it reads it."""
        view = next(one for one in self.views if name in one.features)
        return view.windows.x_NTF[:, :, view.features.index(name)]

    def column(self, horizon: int) -> int:
        if horizon not in self.windows.horizons:
            known = ", ".join(map(str, self.windows.horizons))
            raise InvalidInput(f"horizon: {horizon} is not forecast; expected any of {known}")
        return self.windows.horizons.index(horizon)


def _as_read(component: Component, windows: Windows) -> View:
    told = with_regimes(windows, component.regimes, component.features)
    own = replace(
        told, features=component.features, x_NTF=told.inputs(component.features), shared={}, origin=None
    )
    return View(own, component.features, component.spec.reading)


def _with_changes(view: View, changes: Mapping[str, ChangeInputs]) -> View:
    own = [name for name in view.features if name in changes]
    if not own:
        return view
    x_NTF = view.windows.x_NTF.copy()
    for name in own:
        place = view.features.index(name)
        x_NTF[:, :, place] = changes[name](x_NTF[:, :, place])
    return View(replace(view.windows, x_NTF=x_NTF), view.features, view.reading)


def lay_stretch(forecaster: Forecaster, prices: pl.DataFrame, *, learned: Span, asked: Span) -> Stretch:
    """These prices as the model reads them."""
    return Stretch(forecaster, forecaster.narrow(forecaster.read(prices)), learned, asked)


def open_holdout(order: Order, registry: Registry, version: ModelVersion) -> tuple[Stretch, ModelVersion]:
    """The holdout on which that version was judged, from the bars as they were, and who was judged on it: one that was
    fitted again has learned from it."""
    judged = judged_of(registry, version)
    evidence = judged.evidence
    experiment = evidence.recipe.experiment if isinstance(evidence.recipe, Recipe) else order.experiment
    prices = read_prices(experiment, order.home, version=evidence.data_version)
    known = prices.filter(pl.col("date") <= evidence.newest)
    stretch = lay_stretch(
        registry.load(judged),
        known,
        learned=Span(evidence.trained.start, evidence.trained.end),
        asked=Span(evidence.holdout.start, evidence.holdout.end),
    )
    return stretch, judged
