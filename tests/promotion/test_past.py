"""A date of the past is answered by who sat there then, from the bars that were stored then; what a model learned from
is marked, and is never scored."""

import datetime as dt

import polars as pl
import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.data.order import Order, place_order
from ml_core.data.past import first_version, read_then
from ml_core.data.prices import data_version, read_prices
from ml_core.data.store.forecasts import read_forecast
from ml_core.prediction.answer import answer
from ml_core.promotion.judge import promote_candidate
from ml_core.promotion.reference import fill_seat
from ml_core.promotion.refit import keep_fresh, refit_champion
from ml_core.registry.history import who_stood
from ml_core.registry.searched import Searched
from ml_core.registry.versions import Registry
from ml_core.walkforward.unseen import first_unseen, forecast_unseen
from serving.service import Service
from tests.candidate import fit_candidate
from tests.market import NOW, small_experiment

EXPERIMENT = small_experiment(
    data={"simulated": {"sessions": 330, "seed": 3, "ic": 0.3}},
    gate={"claims": ["level"], "beat": ["last"], "coverage_tolerance": 0.5, "significance": 0.3},
)
REFERENCE, CHAMPION, FIRST, SECOND = "1", "2", "3", "4"
SAT_DOWN = dt.date(2019, 2, 14)
BETWEEN = dt.date(2019, 3, 1)
LONG_AGO = dt.date(2018, 5, 25)


def at(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, 23, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def order(new_home) -> Order:
    """Reference, champion and first refit on one day; a refresh; another, after which a second refit was due."""
    home = new_home()
    refresh(EXPERIMENT, home, now=at(SAT_DOWN))
    made = place_order(EXPERIMENT, home)
    fill_seat(made, now=at(SAT_DOWN))
    candidate = fit_candidate(EXPERIMENT, home, Searched(trials=3))
    assert promote_candidate(EXPERIMENT, home, candidate, now=at(SAT_DOWN)).promoted
    assert refit_champion(made, now=at(SAT_DOWN), always=True)
    refresh(EXPERIMENT, home, now=at(BETWEEN))
    refresh(EXPERIMENT, home, now=NOW)
    assert keep_fresh(made, now=NOW).version == SECOND
    return made


@pytest.fixture(scope="module")
def newest(order) -> dt.date:
    return max(read_prices(EXPERIMENT, order.home)["date"])


def test_each_date_is_answered_by_who_sat_there_then(order, newest):
    registry = Registry(order.home)
    for day, version in ((SAT_DOWN, FIRST), (BETWEEN, FIRST), (newest, SECOND)):
        stood = who_stood(registry, order.name, day)
        assert (stood.version.version, stood.version.aliases, stood.then) == (version, ("champion",), True)
        assert answer(order, clock=lambda: NOW, as_of=day).version.version == version


def test_before_anybody_sat_there_the_one_that_was_judged_stands_in_and_it_is_said(order):
    registry = Registry(order.home)
    found = answer(order, clock=lambda: NOW, as_of=SAT_DOWN - dt.timedelta(days=1))
    assert found.version.version == CHAMPION
    assert found.told == ("nobody answered for that day then: version 2 was made later and stands in",)
    assert not who_stood(registry, order.name, LONG_AGO).then
    assert not found.table["in_sample"].any()


def test_a_date_that_a_model_learned_from_is_marked_wherever_it_is_told(order, newest):
    day = SAT_DOWN - dt.timedelta(days=1)
    asked = answer(order, clock=lambda: NOW, as_of=day, version=SECOND)
    assert asked.table["in_sample"].all()
    assert asked.told == (
        f"version {SECOND} learned from {day} (in_sample): what it says of it proves nothing",
    )
    stored = read_forecast(order.home, order.name, as_of=day).filter(version=pl.lit(SECOND))
    assert stored["in_sample"].all()
    assert not answer(order, clock=lambda: NOW).table["in_sample"].any()
    assert answer(order, clock=lambda: NOW).table["as_of"][0] == newest
    served = Service(order, clock=lambda: NOW)
    assert served.single("ALFA", date=day, version=SECOND).in_sample
    assert served.single("ALFA", date=LONG_AGO).in_sample
    assert not served.single("ALFA", date=BETWEEN).in_sample


def test_no_score_is_made_of_a_session_that_its_model_learned_from(order, newest):
    registry = Registry(order.home)
    scored = forecast_unseen(registry, registry.find(order.name), read_prices(EXPERIMENT, order.home))
    assert scored["as_of"].min() == first_unseen(registry, registry.find(order.name))
    assert scored["as_of"].max() == newest
    for version, since, until in (
        (CHAMPION, scored["as_of"].min(), SAT_DOWN),
        (FIRST, SAT_DOWN, newest),
        (SECOND, newest, None),
    ):
        found = registry.find(order.name, version)
        assert since >= found.evidence.unseen
        own = pl.col("as_of") >= since if until is None else pl.col("as_of").is_between(since, until, "left")
        rows = scored.filter(own)
        told = registry.load(found).predict(read_prices(EXPERIMENT, order.home), since=since)
        beside = rows.join(told, on=["ticker", "as_of", "horizon"], suffix="_told")
        assert beside.height == rows.height > 0
        assert (beside["mean"] == beside["mean_told"]).all()


def test_the_bars_are_those_that_were_stored_then(order, newest):
    versions = [read_then(EXPERIMENT, order.home, day).version for day in (LONG_AGO, BETWEEN, newest)]
    assert versions == sorted(set(versions))
    assert versions[-1] == data_version(EXPERIMENT, order.home)
    then = read_then(EXPERIMENT, order.home, BETWEEN)
    assert then.kept
    assert then.prices["date"].max() == BETWEEN
    held = order.store.bars.read(EXPERIMENT.universe.tickers, version=then.version)
    assert held["date"].max() == BETWEEN
    assert first_version(order.store.bars, ("NOBODY",), BETWEEN, then.version) == then.version


def test_where_the_file_asks_for_something_else_by_now_the_answer_says_so_with_the_command(order):
    task = EXPERIMENT.task.model_copy(update={"horizons": (2, 4)})
    asked = place_order(EXPERIMENT.model_copy(update={"task": task}), order.home)
    (told,) = answer(asked, clock=lambda: NOW).told
    assert "answers task.horizons = [1, 3], and the experiment asks [2, 4]" in told
    assert told.endswith("run: candorcast search small")
    assert answer(order, clock=lambda: NOW).told == ()


def test_what_is_corrected_later_does_not_change_what_was_known(order):
    before = answer(order, clock=lambda: NOW, as_of=LONG_AGO).table
    store = order.store.bars
    bars = store.read(("ALFA",), since=LONG_AGO, until=LONG_AGO)
    store.write(bars.with_columns(pl.col("close") * 1.02, pl.col("high") * 1.05), observed_at=NOW)
    assert answer(order, clock=lambda: NOW, as_of=LONG_AGO).table.equals(before)
    assert (
        read_prices(EXPERIMENT, order.home, until=LONG_AGO).equals(
            read_then(EXPERIMENT, order.home, LONG_AGO).prices
        )
        is False
    )


def test_the_served_answer_is_the_stored_one_and_says_which_bars_it_read(order):
    service = Service(order, clock=lambda: NOW)
    told = service.single("ALFA", date=BETWEEN)
    rows = answer(order, clock=lambda: NOW, as_of=BETWEEN).table.filter(ticker=pl.lit("ALFA")).sort("horizon")
    assert [one.mean for one in told.forecasts] == rows["mean"].to_list()
    assert (told.version, told.seat) == (FIRST, "champion")
    assert told.data_version == read_then(EXPERIMENT, order.home, BETWEEN).version
    assert told.lineage == f"proven by version {CHAMPION}; refitted through {SAT_DOWN}"
    assert service.single("ALFA").version == SECOND
    assert service.batch(date=BETWEEN).version == FIRST
