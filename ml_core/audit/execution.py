"""Checks that a decision earns nothing from prices of before it could be traded. One date's positions are traded
alone while every earlier price is changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl

from ml_core.evaluation.leakage import Audit, compare_tables
from ml_core.evaluation.variants import change_bars
from ml_core.portfolio import strategies
from ml_core.portfolio.backtest import possible_execution
from ml_core.portfolio.legs import hold_of
from ml_core.portfolio.opening import horizon_of, market_of
from ml_core.spec.experiment import Experiment

STAGE, CHANGE = "execution", "earlier"


class Decision(NamedTuple):
    """A date whose positions are traded alone, and the session at which that is first possible."""

    date: dt.date
    traded: dt.date


def audit_execution(
    experiment: Experiment,
    prices: pl.DataFrame,
    positions: pl.DataFrame | None,
    *,
    dates: int,
    seed: int,
    trade: Callable[..., pl.DataFrame] = strategies.trade,
) -> Audit:
    """Trade one date's decisions alone, once as prices are and once with every earlier price changed: up to the close
    of their session, or up to the close that they are traded at. Every return and turnover must stay equal in every
    bit."""
    if positions is None:  # nothing was forecast
        return Audit((), ())
    execution = possible_execution(prices, experiment.strategy.execution)
    strategy = experiment.strategy.model_copy(update={"execution": execution})
    hold = hold_of(strategy, horizon=horizon_of(experiment))
    random, audit = np.random.default_rng([seed, 2]), Audit((), ())

    def account(decided: pl.DataFrame, some: pl.DataFrame) -> pl.DataFrame:
        return trade(decided, strategy, hold=hold, market=market_of(experiment, some))

    for decision in choose_decisions(positions, prices, later=execution != "same_close", random=random)[
        :dates
    ]:
        decided = decisions_of(positions, decision.date)
        changed = change_before(prices, decision.traded, at_close=execution != "next_open", random=random)
        given, again = account(decided, prices), account(decided, changed)
        audit += compare_tables(given, again, stage=STAGE, change=CHANGE, as_of=decision.date)
    return audit


def choose_decisions(
    positions: pl.DataFrame, prices: pl.DataFrame, *, later: bool, random: np.random.Generator
) -> list[Decision]:
    """Dates of decisions in random order, those that hold something first. `later`: decisions are traded a session
    later. A date with no session left in which it could earn is left out."""
    sessions = prices["date"].unique().sort()
    held = positions.group_by("date").agg(held=(pl.col("weight") != 0).any()).sort("date")
    held = held[random.permutation(held.height)].sort("held", descending=True, maintain_order=True)
    places = sessions.search_sorted(held["date"], side="right") - 1 + int(later)
    last = len(sessions) - 1
    return [
        Decision(date, sessions[place])
        for date, place in zip(held["date"], places, strict=True)
        if place >= 0 and place + int(not later) <= last
    ]


def decisions_of(positions: pl.DataFrame, date: dt.date) -> pl.DataFrame:
    """The positions of that date; where it holds nothing, equal parts, because an empty account shows no price."""
    decided = positions.filter(pl.col("date") == date)
    if (decided["weight"] != 0).any():
        return decided
    return decided.with_columns(weight=pl.lit(1.0 / decided.height))


def change_before(
    prices: pl.DataFrame, traded: dt.date, *, at_close: bool, random: np.random.Generator
) -> pl.DataFrame:
    """The prices with other bars before that session; where it is traded at its close, that session's open, high and
    low are others too."""
    untradable = pl.col("date") <= traded if at_close else pl.col("date") < traded
    past, rest = prices.filter(untradable), prices.filter(~untradable)
    kept = pl.when(pl.col("date") == traded).then(past["close"]).otherwise("close")
    return pl.concat([change_bars(past, random, ()).with_columns(close=kept), rest])
