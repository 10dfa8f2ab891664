"""Puts an experiment on simulated markets that hold a known signal, and measures how much of it a learner finds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from ml_core.data.frequency import at_frequency
from ml_core.data.providers import Request
from ml_core.data.simulation.config import SIGNALS, Config
from ml_core.data.simulation.market import SECTORS
from ml_core.data.source import open_source
from ml_core.data.store.bars import adjust
from ml_core.errors import InvalidInput
from ml_core.panel.splits import Split, holdout
from ml_core.panel.windows import Windows
from ml_core.portfolio.opening import horizon_of
from ml_core.spec import choices
from ml_core.spec.choices import nearest
from ml_core.spec.experiment import Experiment, Model, Universe
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows
from ml_core.walkforward.oracle import recovered
from ml_core.walkforward.rows import forecast_split

START = dt.date(2005, 1, 3)
CLOSED = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)  # every simulated session has


@dataclass(frozen=True)
class PreparedMarket:
    """A market made ready: learners are fitted before the split's test dates, and scored on them."""

    experiment: Experiment
    windows: Windows
    split: Split


def check_kinds(names: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds asked for, all of them if none is named."""
    known = choices.names(SIGNALS)
    for name in names:
        if name not in known:
            raise InvalidInput(f"--kinds: unknown kind '{name}'{nearest(name, known)}")
    return names or tuple(known)


def first_seed(experiment: Experiment) -> int:
    """The seed of the experiment's own simulated market."""
    return Config.model_validate(experiment.data.options.get("simulated", {})).seed


def plant(
    experiment: Experiment, kind: str, *, seed: int, tickers: int | None = None, **market: Any
) -> Experiment:
    """The experiment with its universe, or so many made-up tickers, on a market that holds this kind; `market` are
    further fields of [data.simulated], those that are None left as the experiment has them."""
    asked = {name: value for name, value in market.items() if value is not None}
    before = experiment.data.options.get("simulated", {})
    simulated = {"start": START, **before, **asked, "signal": kind, "seed": seed}
    content = experiment.model_dump(mode="json")
    content["name"] = f"{experiment.name}-{kind}-{seed}"
    content["universe"] = make_universe(experiment.universe, tickers).model_dump(mode="json")
    content["data"] = {"source": "simulated", "simulated": simulated}
    return Experiment.model_validate(content)


def make_universe(universe: Universe, tickers: int | None = None) -> Universe:
    """Its own tickers, or so many made-up ones; where no sector is known they are dealt out in turn."""
    names = tuple(f"T{number:03d}" for number in range(tickers)) if tickers else universe.tickers
    known = {name: sector for name, sector in universe.sectors.items() if name in names}
    dealt = {name: f"sector {number % SECTORS}" for number, name in enumerate(names)}
    return Universe(tickers=names, sectors=known or dealt, calendar=universe.calendar)


def draw_prices(experiment: Experiment) -> pl.DataFrame:
    """PRICES of the market, as a store would give them; nothing is written."""
    source, universe = open_source(experiment), experiment.universe
    request = Request(universe.tickers, universe.sectors, universe.calendar, None, None, CLOSED)
    prices = adjust(source.provider.fetch(request, source.config).bars)
    prices = at_frequency(prices, experiment.task.frequency, calendar=universe.calendar)
    sector = pl.col("ticker").replace_strict(universe.sectors, default=None, return_dtype=pl.String)
    return prices.with_columns(sector=sector)


def open_course(experiment: Experiment) -> PreparedMarket:
    """Draw the market, build its features, and keep its last stretch of time for scoring."""
    windows, _ = open_windows(experiment.spec, draw_prices(experiment))
    sessions = windows.usable_sessions(experiment.reading.lookback)
    split = holdout(sessions, experiment.validation, horizon=experiment.task.horizons[-1])
    return PreparedMarket(experiment, windows, split)


def score_learner(course: PreparedMarket, learner: str) -> dict[str, float]:
    """Fit it, and compare what it says of the test dates with the oracle: `ic`, `achieved`, `recovered`."""
    experiment = course.experiment
    own = experiment.model.family == learner
    spec = experiment.spec.model_copy(update={"model": experiment.model if own else Model(family=learner)})
    forecaster = fit(spec, course.windows, course.split)
    rows = forecast_split(forecaster, course.windows, course.split)
    recovery = recovered(experiment, rows, horizon=horizon_of(experiment))
    if recovery is None:
        raise InvalidInput(
            f"task.target '{experiment.task.target}': expected a return, which the oracle knows"
        )
    return recovery
