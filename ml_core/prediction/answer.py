"""Forecasts with a registered model, checks that it answers, and says who has no forecast and why: what the command
line, the flows, the demo and the app all call."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from ml_core.claims.verdict import proven_at
from ml_core.data.order import Order
from ml_core.data.past import Then, read_then
from ml_core.data.prices import read_prices, tell_absent
from ml_core.data.store.forecasts import write_forecast
from ml_core.errors import InvalidInput
from ml_core.forecaster.forecaster import Forecaster
from ml_core.registry.history import Stood, who_stood
from ml_core.registry.seats import seat_of
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry


@dataclass(frozen=True)
class Answer:
    """ANSWERED rows of one version for one session, and why a ticker has none. `told`: what else a reader has to know
    of it, a sentence each."""

    version: ModelVersion
    table: pl.DataFrame
    missing: Mapping[str, str]
    told: tuple[str, ...] = ()


def answer(order: Order, *, as_of: dt.date | None = None, version: str | None = None) -> Answer:
    """What whoever sits in the seat says of the last session, or that version (a number or a seat). Up to `as_of`,
    whoever sat there then says it, from the bars that the store held then. It is written to the store; an answer for
    nobody is an error and is not."""
    experiment, home = order.experiment, order.home
    registry = Registry(home)
    found, prices, told = _find(order, registry, as_of, version)
    said, missing = forecast(registry.load(found), prices, experiment.universe.tickers, as_of=as_of)
    missing |= tell_absent(experiment, home, prices, until=as_of)
    table = stamp(said, found)
    write_forecast(home, order.name, table)
    return Answer(found, table, missing, (*told, *tell_learned(found, max(table["as_of"]))))


def _find(
    order: Order, registry: Registry, as_of: dt.date | None, version: str | None
) -> tuple[ModelVersion, pl.DataFrame, tuple[str, ...]]:
    """Who answers, from which prices, and what is to be told of that."""
    if as_of is None:
        return registry.find(order.name, version), read_prices(order.experiment, order.home), ()
    if version is not None:
        stood = Stood(registry.find(order.name, version), then=True)
    else:
        stood = who_stood(registry, order.name, as_of)
    tickers = stood.version.evidence.tickers
    then = read_then(order.experiment, order.home, as_of, tickers=tickers)
    return stood.version, then.prices, tell_past(stood, then)


def tell_past(stood: Stood, then: Then) -> tuple[str, ...]:
    """Where an answer for the past is not what could have been had then, why."""
    told = []
    if not stood.then:
        told.append(
            f"nobody answered for that day then: version {stood.version.version} was made later and stands in"
        )
    if not then.kept:
        told.append("the bars as they were stored then are gone: today's are read, up to that day")
    return tuple(told)


def tell_learned(version: ModelVersion, day: dt.date) -> tuple[str, ...]:
    """That a model learned from the day, if it did."""
    if day >= version.evidence.unseen:
        return ()
    return (f"version {version.version} learned from {day} (in_sample): what it says of it proves nothing",)


def stamp(said: pl.DataFrame, version: ModelVersion) -> pl.DataFrame:
    """ANSWERED rows of these FORECAST rows: who says it, and what of it is proven. Nothing is of a session that was
    learned from."""
    evidence = version.evidence
    proven = {horizon: " ".join(proven_at(evidence.claims, horizon)) for horizon in said["horizon"].unique()}
    learned = pl.col("as_of") < evidence.unseen
    told = pl.col("horizon").replace_strict(proven, return_dtype=pl.String, default="")
    return said.with_columns(
        seat=pl.lit(seat_of(version) or ""),
        proven=pl.when(learned).then(pl.lit("")).otherwise(told),
        in_sample=learned,
    )


def forecast(
    forecaster: Forecaster, prices: pl.DataFrame, tickers: tuple[str, ...], *, as_of: dt.date | None = None
) -> tuple[pl.DataFrame, dict[str, str]]:
    """FORECAST rows of these tickers, of which at least one has an answer, and why another of the universe has none."""
    table = forecaster.predict(prices, as_of=as_of, tickers=tickers)
    return table, require_answers(tickers, table, prices)


def unanswered(asked: tuple[str, ...], table: pl.DataFrame, prices: pl.DataFrame) -> dict[str, str]:
    """Why a ticker that was asked for has no forecast."""
    answered = set(table["ticker"].unique())
    last = dict(prices.group_by("ticker").agg(pl.col("date").max()).iter_rows())
    outside, newest = find_outsiders(prices), prices["date"].max()
    return {
        ticker: f"not in the universe on {newest}"
        if ticker in outside
        else "too little history, a feature without any value, no bar on the last session "
        f"(its last: {last[ticker]}), or not in a joint model"
        if ticker in last
        else "no bars stored by then"
        for ticker in asked
        if ticker not in answered
    }


def find_outsiders(prices: pl.DataFrame) -> frozenset[str]:
    """Who is not in the universe by the last of these prices: nobody asks for a forecast of them."""
    if "member" not in prices.columns:
        return frozenset()
    newest = prices.sort("date").group_by("ticker").agg(pl.col("member").last())
    return frozenset(newest.filter(~pl.col("member"))["ticker"])


def require_answers(asked: tuple[str, ...], table: pl.DataFrame, prices: pl.DataFrame) -> dict[str, str]:
    """As `unanswered`, of those in the universe on the last session; an answer for nobody is an error."""
    outside = find_outsiders(prices)
    missing = unanswered(tuple(ticker for ticker in asked if ticker not in outside), table, prices)
    if table.is_empty() or table["mean"].null_count() == table.height:
        first = next(iter(missing), "any ticker")
        raise InvalidInput(f"no forecast for {first}: {missing.get(first, 'the model gives no number')}")
    return missing
