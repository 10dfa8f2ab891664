"""Fits and registers the reference of an experiment: no direction, and how far a price may go by its volatility. It
answers as long as nobody has earned the seat, and is judged by the same claims as everybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import polars as pl

from ml_core.data.order import Order
from ml_core.data.prices import data_version, read_prices
from ml_core.errors import InvalidInput, NoChampion
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.card import card_of
from ml_core.promotion.gate import judge_reference
from ml_core.promotion.weighing import weigh, write_down
from ml_core.registry.searched import Searched
from ml_core.registry.seats import REFERENCE
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Experiment
from ml_core.spec.run import Model, RunSpec
from ml_core.walkforward.opening import open_windows, plan_folds

WAIT = 600.0  # seconds: who makes it meanwhile is done by then
ALWAYS_THERE = (
    "weekday_sine"  # a model reads at least one feature; this one needs no history, and is not looked at
)


def fill_seat(
    order: Order, *, now: dt.datetime, tell: Callable[[str], None] = lambda _: None
) -> ModelVersion:
    """Who answers for this experiment; where nobody does, the reference is made first."""
    registry = Registry(order.home)
    try:
        return registry.find(order.name)
    except NoChampion:
        with order.alone("reference", wait=WAIT):
            return registry.sitting(order.name, REFERENCE) or _make(order, registry, now, tell)


def _make(order: Order, registry: Registry, now: dt.datetime, tell: Callable[[str], None]) -> ModelVersion:
    experiment = order.experiment
    if not experiment.validation.holdout:
        raise InvalidInput("validation.holdout: the reference is judged on a holdout; expected at least 1")
    version = data_version(experiment, order.home)
    prices = read_prices(experiment, order.home, version=version)
    tell("nobody answers yet: fitting the reference, which says how far prices may go")
    candidate = _fit(experiment, prices, version)
    sessions = candidate.split.test
    tell(
        f"judging the reference from {sessions.start} to {sessions.end}, beside models of volatility; once only"
    )
    weighed = weigh(experiment, order.home, candidate)
    verdict = judge_reference(weighed.audit.findings)
    evidence = write_down(experiment, weighed, verdict, role="reference", now=now)
    card = card_of(order.name, evidence)
    made = registry.register(candidate.forecaster, order.name, evidence, card=card)
    registry.seat(order.name, made.version, REFERENCE, cause="reference")
    return registry.find(order.name, made.version)


def _fit(experiment: Experiment, prices: pl.DataFrame, version: int) -> Candidate:
    from ml_core.training.fit import fit  # loads torch, and most who come here fit nothing

    spec = reference_spec(experiment)
    windows, _ = open_windows(spec, prices)
    split = plan_folds(experiment, windows)[-1]
    forecaster = fit(spec, windows, split)
    return Candidate(forecaster, windows, prices, version, split, pl.DataFrame(), Searched(trials=0))


def reference_spec(experiment: Experiment) -> RunSpec:
    """A mean of zero; its range comes from the calibration, as every model's does."""
    asked = experiment.spec
    features = asked.reading.features.model_copy(update={"groups": (), "names": (ALWAYS_THERE,)})
    reading = asked.reading.model_copy(update={"features": features, "layout": "pooled"})
    return asked.model_copy(update={"model": Model(family="zero"), "reading": reading, "seeds": 1})
