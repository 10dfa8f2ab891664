"""The verbs of an experiment that take more than one call, in the order of the command line."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from candorcast.account import Traded
from candorcast.frames import as_polars
from ml_core.data.order import Order
from ml_core.data.prices import read_benchmark, read_prices, read_sources
from ml_core.errors import ForecastError, InvalidInput
from ml_core.home.settings import Home
from ml_core.registry.versions import Registry
from ml_core.spec.choices import nearest
from ml_core.spec.experiment import Experiment
from ml_core.walkforward import to_trade

if TYPE_CHECKING:
    from ml_core.evaluation.leakage import Audit
    from ml_core.explain.attribution import ForecastPart
    from ml_core.prediction.answer import Answer, Clock
    from ml_core.registry.version import ModelVersion

Progress = Callable[[str], Any] | None
BY = "candorcast in Python"  # who wrote a forecast that is kept


class DecisionSpan(NamedTuple):
    """The first and the last decision that is traded."""

    first: dt.date | None
    last: dt.date | None


def audit(experiment: Experiment, home: Home, *, dates: int, seed: int, progress: Progress) -> Audit:
    from ml_core.audit.experiment import audit_experiment
    from ml_core.data.intake.arrived import read_arrived

    arrived = read_arrived(experiment, home, until=experiment.data.end)
    sources = dataclasses.replace(read_sources(experiment, home), bars=arrived)
    return audit_experiment(experiment, sources, dates=dates, seed=seed, progress=progress)


def search(
    order: Order,
    *,
    trials: int | None,
    afresh: bool,
    address: str | None,
    now: dt.datetime,
    progress: Progress,
) -> ModelVersion:
    """A second verdict on the same model would be a second look at the same holdout: what was chosen is given back."""
    from tuning.search import search as run
    from tuning.search import with_trials

    asked = with_trials(order.experiment, trials) if trials else order.experiment
    chosen = None if afresh else _chosen(dataclasses.replace(order, experiment=asked))
    if chosen:
        return chosen
    with order.alone("search"):
        return run(
            order.experiment,
            order.home,
            now=now,
            trials=trials,
            afresh=afresh,
            address=address,
            progress=(lambda step: progress(step.text())) if progress else None,
        ).version


def _chosen(asked: Order) -> ModelVersion | None:
    from tuning.unfinished import find_chosen

    try:
        return find_chosen(asked)
    except ForecastError:  # of a store that cannot be read the search itself tells more
        return None


def predict(
    order: Order,
    day: dt.date | None,
    *,
    version: str | None,
    corrected: bool,
    clock: Clock,
    progress: Progress,
) -> Answer:
    """Whoever sits in the seat is fitted again first where its time has come, and those beside him answer too."""
    from ml_core.prediction.answer import answer
    from ml_core.prediction.shadows import answer_in_shadow
    from ml_core.promotion.reference import fill_seat
    from ml_core.promotion.refit import keep_fresh

    if day and day > clock().date():
        raise InvalidInput(f"as_of {day}: lies in the future; expected today or a past day")
    if corrected and day is None:
        raise InvalidInput("corrected: the newest session is read so anyhow; expected it beside as_of")
    if version is None:
        see_to_it = keep_fresh if day is None else fill_seat
        see_to_it(order, now=clock(), tell=progress or (lambda _: None))
    answered = answer(order, clock=clock, as_of=day, version=version, corrected=corrected, by=BY)
    if version is None and day is None:
        answer_in_shadow(order, clock=clock, session=max(answered.table["as_of"]), by=BY)
    return answered


def explain(
    order: Order,
    ticker: str | None,
    *,
    as_of: dt.date | None,
    version: str | None,
    horizon: int | None,
    of: ForecastPart,
) -> pl.DataFrame:
    from ml_core.explain.rows import share_rows
    from ml_core.explain.subject import open_scene
    from ml_core.prediction.answer import find_speaker

    registry = Registry(order.home)
    stood, then, _ = find_speaker(order, registry, as_of, version)
    scene = open_scene(registry.load(stood.version), then.prices, as_of=as_of)
    if ticker is None:
        return share_rows([scene.about(one, horizon) for one in scene.tickers], of)
    if ticker not in scene.windows.tickers:
        raise InvalidInput(f"ticker: unknown '{ticker}'{nearest(ticker, list(scene.windows.tickers))}")
    return share_rows([scene.about(ticker, horizon)], of)


def backtest(
    experiment: Experiment,
    home: Home,
    span: DecisionSpan,
    *,
    version: str | None,
    walk: bool,
    forecasts: Any,
    trials: int | None,
    progress: Progress,
) -> Traded:
    from ml_core.walkforward.trading import split_money, weigh

    if sum((version is not None, walk, forecasts is not None)) > 1:
        raise InvalidInput("version, walk and forecasts each say what to trade; give one of them")
    if span.first and span.last and span.first > span.last:
        raise InvalidInput(f"start {span.first} is after end {span.last}")
    prices, benchmark = read_prices(experiment, home), read_benchmark(experiment, home)
    if forecasts is not None:
        source = _given(forecasts, experiment, prices)
    elif walk:
        source = to_trade.of_walk(experiment, prices, progress=progress)
    else:
        registry = Registry(home)
        registered = registry.find(experiment.model_name, version)
        to_trade.refuse_learned(registry, registered, span.first)
        source = to_trade.of_version(registry, registered, prices)
    rows, tried = source.between(*span), trials or source.trials
    money = weigh(experiment, prices, rows, benchmark=benchmark, trials=tried)
    return Traded(source.told, tried, money, split_money(experiment, prices, money, benchmark=benchmark))


def _given(forecasts: Any, experiment: Experiment, prices: pl.DataFrame) -> to_trade.Unlearned:
    if isinstance(forecasts, (str, Path)):
        return to_trade.of_file(Path(forecasts), experiment, prices)
    table = as_polars(forecasts, "forecasts")
    told = f"{table.height} forecasts that were given"
    return to_trade.of_table(table, experiment, prices, told=told)
