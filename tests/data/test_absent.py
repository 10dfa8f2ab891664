"""A ticker without bars is left out and named; only where nothing is left, or a feature would go, is it an error."""

import datetime as dt

import polars as pl
import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import read_benchmark, read_prices, tell_absent
from ml_core.errors import InvalidInput
from ml_core.spec.experiment import Experiment, Model
from ml_core.walkforward.walk import evaluate
from tests.market import NOW, TICKERS, small_experiment

LISTED = TICKERS[:6]


@pytest.fixture(scope="module")
def home(new_home):
    made = new_home()
    refresh(small_experiment(), made, now=NOW)
    return made


def asking(*more: str, **sections) -> Experiment:
    sections.setdefault("universe", {"tickers": (*LISTED, *more)})
    return small_experiment(model=Model(family="ridge"), **sections)


def test_the_others_are_read_as_if_it_had_not_been_asked_for(home):
    prices = read_prices(asking("NOPE"), home)
    assert prices.equals(read_prices(asking(), home))
    assert tell_absent(asking(), home, prices) == {}
    assert tell_absent(asking("NOPE"), home, prices) == {
        "NOPE": "no bars stored; run: candorcast refresh small"
    }


@pytest.mark.parametrize("layout", ["pooled", "joint"])
def test_a_model_is_made_of_those_that_are_there(home, layout):
    experiment = asking("NOPE", task={"layout": layout})
    found = evaluate(experiment, read_prices(experiment, home))
    assert set(found.forecasts["ticker"]) == set(LISTED)


def test_one_that_is_stored_on_other_days_is_named_with_them(home):
    prices = read_prices(asking(), home)
    young = prices.filter(pl.col("ticker") != LISTED[0])
    begin = dt.date(2019, 1, 1)
    told = tell_absent(asking(data={"start": begin}), home, young)
    first, last = prices["date"].min(), prices["date"].max()
    assert told == {LISTED[0]: f"no bars stored from {begin}; it is stored from {first} to {last}"}


def test_where_no_ticker_has_bars_nothing_can_be_done(home):
    with pytest.raises(InvalidInput, match="no bars stored for NOPE, NADA; run: candorcast refresh small"):
        read_prices(asking(universe={"tickers": ["NOPE", "NADA"]}), home)


def test_one_ticker_alone_is_not_compared(home):
    alone = asking(universe={"tickers": [LISTED[0], "NOPE"]}, task={"target": "rank"})
    with pytest.raises(InvalidInput, match="'rank' compares tickers, and only ALFA has bars: no bars stored"):
        read_prices(alone, home)


def test_a_benchmark_without_bars_gives_way_to_equal_parts_and_is_named(home):
    with_benchmark = {"universe": {"tickers": LISTED, "benchmark": "SPYX"}}
    experiment, plain = asking(**with_benchmark), asking()
    prices = read_prices(experiment, home)
    assert read_benchmark(experiment, home) is None
    told = tell_absent(experiment, home, prices, compared=True)
    assert told["SPYX"].startswith(
        "no comparison with the benchmark, but with all tickers in equal parts: no"
    )
    assert tell_absent(experiment, home, prices) == {}
    assert evaluate(experiment, prices).backtest.equals(evaluate(plain, prices).backtest)


def test_a_ticker_that_is_also_the_benchmark_may_be_without_bars(home):
    experiment = asking(universe={"tickers": (*LISTED, "NOPE"), "benchmark": "NOPE"})
    prices = read_prices(experiment, home)
    assert list(tell_absent(experiment, home, prices, compared=True)) == ["NOPE"]
    assert evaluate(experiment, prices).backtest.equals(evaluate(asking(), prices).backtest)
