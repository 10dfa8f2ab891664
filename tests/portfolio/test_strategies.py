"""Weights come from a date's own forecasts only, and what ranks nothing holds nothing."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_core.errors import InvalidData
from ml_core.portfolio.legs import strategy_kind
from ml_core.portfolio.strategies import build_positions
from ml_core.spec.experiment import Strategy
from tests.evaluation.scored import make_scored

LONG_SHORT, SINGLE = Strategy(kind="long_short"), Strategy(kind="single")


def test_auto_ranks_five_tickers_and_judges_fewer_one_by_one():
    assert strategy_kind(make_scored(tickers=5), Strategy()) == "long_short"
    assert strategy_kind(make_scored(tickers=4), Strategy()) == "single"
    assert strategy_kind(make_scored(tickers=4), LONG_SHORT) == "long_short"


def test_the_best_fifth_is_bought_and_the_worst_fifth_sold():
    scored = make_scored(sessions=1, tickers=10).with_columns(mean=pl.Series(np.arange(10.0)))
    weights = build_positions(scored, Strategy(), horizon=1)["weight"].to_list()
    assert weights == [-0.25, -0.25, 0, 0, 0, 0, 0, 0, 0.25, 0.25]


@given(
    seed=st.integers(0, 10_000), tickers=st.integers(2, 30), quantile=st.floats(0.01, 0.5), gaps=st.booleans()
)
@settings(max_examples=40, deadline=None)
def test_a_cross_section_is_as_long_as_short_with_gross_one(seed, tickers, quantile, gaps):
    scored = make_scored(sessions=6, tickers=tickers, seed=seed)
    if gaps:
        scored = scored.filter(pl.Series(np.random.default_rng(seed).random(scored.height) < 0.7))
    strategy = Strategy(kind="long_short", quantile=quantile)
    positions = build_positions(scored, strategy, horizon=1) if scored.height else scored
    for (date,), part in positions.partition_by("date", as_dict=True).items() if scored.height else ():
        weights = part["weight"].to_numpy()
        expected = 1.0 if len(weights) > 1 else 0.0
        assert np.abs(weights).sum() == pytest.approx(expected)
        assert weights.sum() == pytest.approx(0.0)
        means = scored.filter(pl.col("as_of") == date).sort("ticker")["mean"].to_numpy()
        assert not expected or means[weights > 0].min() >= means[weights <= 0].max()


def test_forecasts_that_are_all_alike_hold_nothing():
    scored = make_scored(tickers=8).with_columns(mean=pl.lit(0.0))
    positions = build_positions(scored, Strategy(), horizon=1)
    assert positions.height == scored.height
    assert (positions["weight"] == 0.0).all()


def test_equal_forecasts_are_taken_in_the_order_of_tickers_whatever_that_of_the_rows():
    scored = make_scored(sessions=3, tickers=10).with_columns(
        mean=pl.lit([0.1] * 9 + [0.0]).list.get(pl.int_range(30) % 10)
    )
    first = build_positions(scored, Strategy(), horizon=1)
    assert first.filter(date=dt.date(2020, 1, 1))["weight"].to_list() == [-0.25] + [0.0] * 6 + [
        0.25,
        0.25,
        -0.25,
    ]
    assert build_positions(scored.sample(fraction=1.0, shuffle=True, seed=1), Strategy(), horizon=1).equals(
        first
    )


def test_a_usual_conviction_holds_half_of_an_equal_share_and_twice_that_all_of_it():
    scored = make_scored(sessions=3, tickers=2).with_columns(
        mean=pl.Series([0.001, -0.003, 0.003, 0.0, -0.004, 0.003]), scale=pl.lit(0.1)
    )
    weights = build_positions(scored, Strategy(), horizon=1)["weight"].to_list()
    usual = [0.02, 0.07 / 4, 0.14 / 6]
    units = [0.01 / 2, -0.03 / 2, 0.03 / 2, 0.0, -0.04 / 2, 0.03 / 2]
    assert weights == pytest.approx([unit / usual[place // 2] / 2 for place, unit in enumerate(units)])
    sure = scored.with_columns(mean=pl.Series([0.001] * 4 + [0.9, -0.9]))
    assert build_positions(sure, Strategy(), horizon=1)["weight"].to_list()[4:] == [0.5, -0.5]
    unsure = scored.with_columns(scale=pl.lit(0.0))
    assert build_positions(unsure, Strategy(), horizon=1)["weight"].to_list() == [0.0] * 6


def test_a_conviction_is_measured_by_the_last_252_dates_and_a_row_without_a_scale_by_none():
    mean = np.array([1.0] * 48 + [0.001] * 252)
    scored = make_scored(sessions=300, tickers=1).with_columns(mean=pl.Series(mean), scale=pl.lit(1.0))
    weights = build_positions(scored, SINGLE, horizon=1)["weight"].to_list()
    assert weights[-1] == pytest.approx(0.5)
    assert weights[-2] == pytest.approx(0.0005 / (1.251 / 252))
    gap = scored.with_columns(scale=pl.when(pl.int_range(300) == 299).then(None).otherwise("scale"))
    held = build_positions(gap, SINGLE, horizon=1)["weight"].to_list()
    assert held[:-1] == weights[:-1]
    assert held[-1] == 0


def test_who_holds_or_does_not_asks_a_forecast_for_its_sign_alone():
    mean = [0.001, -0.3, 0.0, 0.2]
    scored = make_scored(sessions=1, tickers=4).with_columns(mean=pl.Series(mean), scale=pl.lit(0.0))
    for kind, wanted in (("long_only", [0.25, 0, 0, 0.25]), ("sign", [0.25, -0.25, 0, 0.25])):
        strategy = Strategy.model_validate({"kind": kind})
        assert build_positions(scored, strategy, horizon=1)["weight"].to_list() == wanted
        halves = Strategy.model_validate({"parts": [{"kind": kind, "weight": 3}, {"kind": "long_short"}]})
        both = build_positions(scored, halves, horizon=1)["weight"].to_list()
        ranked = [0, -0.5, 0, 0.5]
        assert both == pytest.approx([0.75 * a + 0.25 * b for a, b in zip(wanted, ranked, strict=True)])


def test_small_forecasts_with_honest_scales_invest_about_half_of_the_equity():
    scored = make_scored(sessions=500, tickers=4, signal=0.02)
    held = build_positions(scored, SINGLE, horizon=1).group_by("date").agg(pl.col("weight").abs().sum())
    assert 0.4 < held["weight"].to_numpy().mean() < 0.6


@pytest.mark.parametrize("strategy", [LONG_SHORT, SINGLE], ids=lambda strategy: strategy.kind)
def test_later_forecasts_change_no_bit_of_earlier_positions(strategy):
    scored = make_scored(sessions=20)
    until = dt.date(2020, 1, 10)
    early = scored.filter(pl.col("as_of") <= until)
    later = scored.filter(pl.col("as_of") > until).with_columns(pl.col("mean") * -7)
    kept = build_positions(early, strategy, horizon=1)
    for other in (scored, pl.concat([later, early])):
        assert build_positions(other, strategy, horizon=1).filter(pl.col("date") <= until).equals(kept)


def test_only_the_asked_horizon_is_traded():
    near, far = make_scored(), make_scored(horizon=5, seed=1)
    both = pl.concat([near, far])
    assert build_positions(both, Strategy(), horizon=5).equals(build_positions(far, Strategy(), horizon=5))
    with pytest.raises(InvalidData, match="horizon 3; they have 1, 5"):
        build_positions(both, Strategy(), horizon=3)
