"""Asks what a line of versions claims live, from what it would have said before its first live forecast. That was fixed
then and is never fixed again: no bound is chosen by who has seen what it bounds."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl

from ml_core.claims.kind import LiveTest, asked_live, unasked_live
from ml_core.data.order import Order
from ml_core.data.past import read_then
from ml_core.errors import ForecastError
from ml_core.live.differences import pair
from ml_core.live.outcomes import build_outcomes
from ml_core.live.terms import LiveTerms, Measured, measure, price
from ml_core.registry.versions import Registry

KEY = ["ticker", "as_of", "horizon"]


def ask(
    order: Order, line: str, number: int, rows: pl.DataFrame, references: pl.DataFrame
) -> list[LiveTerms]:
    """The terms of a line that was not watched before: `rows` are its live forecasts, `references` those of the
    reference; only their first dates, versions and horizons count."""
    since, horizons = _first(rows), sorted(rows["horizon"].unique().to_list())
    lives = asked_live()
    places = [(claim, horizon) for claim in lives for horizon in horizons]
    try:
        scored, beside = _before(order, line, _reference(references, since), since)
        measured = {
            (claim, horizon): _measure(claim, lives[claim], horizon, scored, beside)
            for claim, horizon in places
        }
    except ForecastError as error:
        why = f"what it would have said before {since} cannot be told: {error}"
        measured = {place: Measured(reason=why) for place in places}
    questions = sum(not one.reason for one in measured.values())
    needed = price(number, questions, significance=order.experiment.gate.significance)
    asked = [
        LiveTerms(line, claim, horizon, number, since, needed, lives[claim].rival, **vars(one))
        for (claim, horizon), one in measured.items()
    ]
    unasked = [
        LiveTerms(line, claim, horizon, number, since, reason=reason)
        for claim, reason in unasked_live().items()
        for horizon in horizons
    ]
    return [*(one if one.asked else replace(one, needed=0.0) for one in asked), *unasked]


def _measure(
    claim: str, live: LiveTest, horizon: int, scored: pl.DataFrame, beside: pl.DataFrame | None
) -> Measured:
    if live.beside_reference and beside is None:
        return Measured(reason="no reference forecast its first session")
    own = scored.filter(pl.col("horizon") == horizon)
    theirs = own.head(0) if beside is None else beside.filter(pl.col("horizon") == horizon)
    return measure(live, horizon, pair(claim, own, theirs))


def _before(
    order: Order, line: str, reference: str | None, since: dt.date
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """What the version that was judged, and the reference, say of each session that neither learned from, beside what
    came by the close of the first live one, as the bars stood then."""
    registry, home = Registry(order.home), order.home
    judged = registry.find(order.name, line)
    prices = read_then(order.experiment, home, since, tickers=judged.evidence.tickers).prices
    begin = judged.evidence.unseen
    own = registry.load(judged).predict(prices, since=begin, as_of=since)
    outcomes = build_outcomes(order.experiment, prices, tuple(own["horizon"].unique().to_list()))
    scored = own.join(outcomes, on=KEY, how="inner").filter(pl.col("realized").is_not_nan())
    if reference is None:
        return scored, None
    other = registry.load(registry.find(order.name, reference))
    return scored, other.predict(prices, since=begin, as_of=since)


def _reference(references: pl.DataFrame, since: dt.date) -> str | None:
    on_it = references.filter(pl.col("as_of") == since)["version"]
    return str(on_it[0]) if len(on_it) else None


def _first(rows: pl.DataFrame) -> dt.date:
    first = rows["as_of"].min()
    assert isinstance(first, dt.date)
    return first
