"""The reference: made once, of any experiment that has bars; it answers until somebody has earned the seat."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from ml_core.audit.rebuild import rebuild
from ml_core.data.intake.refresh import refresh
from ml_core.data.order import Order, place_order
from ml_core.data.prices import read_prices
from ml_core.data.store.forecasts import read_forecast
from ml_core.errors import ForecastError, InvalidInput
from ml_core.prediction.answer import answer
from ml_core.promotion.looks import pay_look
from ml_core.promotion.reference import fill_seat
from ml_core.promotion.refit import keep_fresh
from ml_core.registry.age import tell_old_model
from ml_core.registry.lineage import judged_of
from ml_core.registry.seats import tell_seat
from ml_core.registry.versions import Registry
from tests.market import NOW, small_experiment

EXPERIMENT = small_experiment()


@pytest.fixture(scope="module")
def order(new_home) -> Order:
    made = new_home()
    refresh(EXPERIMENT, made, now=NOW)
    return place_order(EXPERIMENT, made)


@pytest.fixture(scope="module")
def reference(order):
    return fill_seat(order, now=NOW)


def test_it_says_no_direction_and_how_far_a_price_may_go(order, reference):
    found = answer(order, clock=lambda: NOW)
    table = found.table
    assert found.version.version == reference.version
    assert (table["mean"] == 0).all()
    assert (table["lower"] < 0).all()
    assert (table["upper"] > 0).all()
    assert set(table["ticker"]) == set(EXPERIMENT.universe.tickers)


def test_it_is_judged_by_the_same_claims_and_asked_for_no_direction(reference):
    claims = {(one.claim, one.horizon): one for one in reference.evidence.claims}
    for horizon in EXPERIMENT.task.horizons:
        assert claims["range", horizon].asked
        for name in ("level", "order"):
            assert claims[name, horizon].standing == "not asked"
            assert claims[name, horizon].why == "the forecast says no direction"
    assert [check.name for check in reference.evidence.gate.checks] == ["leak audit"]
    assert reference.evidence.gate.passed


def test_it_is_made_once_and_answers_until_there_is_a_champion(order, reference):
    registry = Registry(order.home)
    assert reference.aliases == ("reference",)
    assert fill_seat(order, now=NOW).version == reference.version
    assert registry.find(order.name).version == reference.version
    assert tell_seat(reference).startswith("reference: it says how far a price may go")


def test_it_is_no_look_at_the_holdout_and_no_trial(order, reference):
    prices = read_prices(EXPERIMENT, order.home)
    candidate: Any = SimpleNamespace(
        split=reference.evidence.recipe.split,
        forecaster=SimpleNamespace(spec=EXPERIMENT.spec),
        windows=SimpleNamespace(sessions=prices["date"].unique()),
        prices=prices,
    )
    assert pay_look(order.home, EXPERIMENT, candidate, now=NOW).number == 1
    assert reference.evidence.search.trials == 0


def test_it_is_fitted_again_byte_for_byte(order, reference):
    assert rebuild(reference, order.home).same


def test_what_is_stored_says_who_answered_what_is_proven_and_what_was_learned_from(order, reference):
    past = reference.evidence.holdout.start - dt.timedelta(days=30)
    answer(order, clock=lambda: NOW)
    answer(order, clock=lambda: NOW, as_of=past)
    stored = read_forecast(order.home, order.name)
    assert set(stored["seat"]) == {"reference"}
    early = pl.col("as_of") < reference.evidence.holdout.start
    assert stored.filter(early)["in_sample"].all()
    assert not stored.filter(~early)["in_sample"].any()
    proven = {one.horizon for one in reference.evidence.claims if one.claim == "range" and one.proven}
    assert set(stored.filter(pl.col("proven") == "range")["horizon"]) == proven


def test_without_bars_or_without_a_holdout_none_is_made(new_home, order):
    with pytest.raises(ForecastError, match="run: candorcast refresh"):
        fill_seat(place_order(EXPERIMENT, new_home()), now=NOW)
    bare = small_experiment(name="bare", validation={"holdout": 0})
    with pytest.raises(InvalidInput, match=r"validation\.holdout"):
        fill_seat(place_order(bare, order.home), now=NOW)


def test_it_is_fitted_again_when_its_time_has_come_and_keeps_its_seat_and_its_evidence(new_home):
    early = dt.datetime(2018, 12, 3, 23, tzinfo=dt.UTC)
    often = small_experiment(serving={"refit": 10})
    home = new_home()
    refresh(often, home, now=early)
    order, registry = place_order(often, home), Registry(home)
    first = keep_fresh(order, now=early)
    assert keep_fresh(order, now=early).version == first.version == "1", "its time has not come"
    refresh(often, home, now=NOW)
    dates = read_prices(often, home)["date"].unique().to_list()
    assert tell_old_model(often, first, registry.moves(order.name), dates).endswith(
        "run: candorcast predict small"
    )
    again = keep_fresh(order, now=NOW)
    assert (again.version, again.aliases, again.evidence.role) == ("2", ("reference",), "reference")
    assert again.evidence.unseen == max(dates)
    assert again.evidence.claims == first.evidence.claims
    assert judged_of(registry, again).version == "1"
    assert tell_old_model(often, again, registry.moves(order.name), dates) == ""
    assert (answer(order, clock=lambda: NOW).table["mean"] == 0).all()
    assert rebuild(again, home).same
    assert [move.cause for move in registry.moves(order.name)] == ["reference", "refit"]
