"""Audits a fitted forecaster: the future is changed, and what it forecast before must stay equal in every bit. A
registered version is also fitted again with later days changed, which must change nothing of what it learned."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import replace

import polars as pl

from ml_core.audit.execution import audit_execution
from ml_core.audit.rebuild import describe_machine, read_recipe
from ml_core.audit.stages import tell_features, tell_forecasts, tell_learned
from ml_core.data.prices import Sources, build_prices, read_sources
from ml_core.errors import NotEnoughData
from ml_core.evaluation.leakage import Audit, audit_stages, choose_dates
from ml_core.evaluation.variants import Tables, last_date
from ml_core.forecaster.forecaster import Forecaster
from ml_core.home.settings import Home
from ml_core.home.telling import Tell
from ml_core.panel.splits import Split
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.opening import open_windows
from ml_core.walkforward.trading import decide, trade

BEFORE = 5  # sessions before the first date whose forecasts are compared too


def audit_forecaster(
    forecaster: Forecaster, experiment: Experiment, prices: pl.DataFrame, split: Split, *, dates: int
) -> Audit:
    """Before promotion: change the future of the holdout at random dates; the inputs, every forecast before them and
    the positions that follow must stay equal in every bit, and earn from when they could be traded."""
    sessions = prices["date"].unique().sort()
    chosen = _dates(prices, split.test.start, count=dates, seed=forecaster.spec.seed)
    since = sessions.filter(sessions <= chosen[0])[-BEFORE:][0]
    given = _answer(forecaster, experiment, prices, since=since, until=sessions[-1])
    audit = audit_stages(
        lambda tables, until: _answer(forecaster, experiment, tables["prices"], since=since, until=until),
        {"prices": prices},
        as_of=chosen,
        seed=forecaster.spec.seed,
        listings=not forecaster.spec.joint,
        context=[column for column in prices.columns if column.startswith("context_")],
        given=given,
    )
    return audit + audit_execution(
        experiment, prices, given.get("positions"), dates=dates, seed=forecaster.spec.seed
    )


def audit_model(
    registered: ModelVersion, home: Home, *, dates: int = 4, seed: int = 0, progress: Tell | None = None
) -> Audit:
    """Audit a registered version on the data version that it saw, from the bars as they came, since the holdout on
    which it, or whom it was fitted again from, was judged. It is also fitted again with every day changed after the
    last label that its training knew: what it learned must stay equal. A refit knew all outcomes that there were."""
    from ml_core.training.fit import fit  # loads torch, and most who come here fit nothing

    spec, recipe = registered.spec, read_recipe(registered)
    experiment, split = recipe.experiment, recipe.split
    sources = read_sources(experiment, home, version=registered.evidence.data_version)
    forecaster = Registry(home).load(registered)
    prices = build_prices(experiment, sources)
    tables, since = sources.tables, registered.evidence.holdout.start

    def answer(changed: Tables, until: dt.date) -> Tables:
        told = build_prices(experiment, _with(sources, changed))
        return _answer(forecaster, experiment, told, since=since, until=until)

    def learn(changed: Tables, _until: dt.date) -> Tables:
        windows = open_windows(spec, build_prices(experiment, _with(sources, changed)))[0]
        again = fit(spec, windows, split)
        return tell_learned(again, known=known, fold=split.fold, family=spec.told)

    sessions = prices["date"].unique().sort()
    known = sessions[sessions.search_sorted(split.validation.end) + spec.task.horizons[-1]]
    same_machine = dict(recipe.made_with) == describe_machine(recipe.experiment)
    as_registered = tell_learned(forecaster, known=known, fold=split.fold, family=spec.told)
    listings = not spec.joint
    chosen = _dates(prices, since, count=dates, seed=seed)
    given = answer(tables, last_date(tables))
    answered = audit_stages(
        answer, tables, as_of=chosen, seed=seed, listings=listings, given=given, progress=progress
    )
    answered += audit_execution(experiment, prices, given.get("positions"), dates=dates, seed=seed)
    learned = audit_stages(
        learn,
        tables,
        as_of=[known],
        seed=seed,
        changes=("changed",),
        given=as_registered if same_machine else None,
        progress=progress,
    )
    return answered + learned


def _dates(prices: pl.DataFrame, since: dt.date, *, count: int, seed: int) -> list[dt.date]:
    sessions = prices["date"].unique().sort()
    after = sessions.filter(sessions < since)[-1]
    return choose_dates(prices, count=count, seed=seed, after=after)


def _with(sources: Sources, tables: Tables) -> Sources:
    return replace(sources, **tables)


def _answer(
    forecaster: Forecaster, experiment: Experiment, prices: pl.DataFrame, *, since: dt.date, until: dt.date
) -> dict[str, pl.DataFrame]:
    """What the forecaster reads and says from `since` on, and what would be held and earned by it."""
    windows = forecaster.read(prices)
    asked_T = [since <= session <= until for session in windows.sessions]
    rows_NT = windows.usable(forecaster.lookback) & asked_T
    forecasts = forecaster.forecast(windows, rows_NT)
    stages = {
        "features": tell_features(windows, asked_T),
        "forecasts": tell_forecasts(forecasts, forecaster.spec.told),
    }
    if forecasts.height:
        stages["positions"] = decide(experiment, prices, forecasts)
        with suppress(NotEnoughData):  # the prices end where the first position begins
            stages["backtest"] = trade(experiment, prices, forecasts)
    return stages
