"""Each step equals an obvious loop over the past, and never looks further."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_core.portfolio import sizing
from tests.portfolio.market import make_positions

DAY = np.datetime64("2020-01-01")


def make_views(*, dates: int, tickers: int, seed: int, gaps: bool = False) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    table = pl.DataFrame(
        {
            "ticker": np.tile([chr(65 + number) for number in range(tickers)], dates),
            "date": np.repeat(DAY + np.arange(dates), tickers),
            "mean": rng.normal(0, 0.01, dates * tickers),
            "scale": rng.uniform(0.005, 0.05, dates * tickers),
        }
    )
    return table.filter(pl.Series(rng.random(table.height) < 0.8)) if gaps else table


@given(seed=st.integers(0, 10_000), half_life=st.floats(0.2, 50))
@settings(max_examples=15, deadline=None)
def test_smoothing_halves_the_weight_of_a_forecast_every_half_life(seed, half_life):
    views = make_views(dates=12, tickers=3, seed=seed, gaps=True)
    smoothed = sizing.smooth(views, half_life)
    for name in views["ticker"].unique():
        own = views.filter(ticker=pl.lit(name)).sort("date")["mean"].to_numpy()
        for place, value in enumerate(smoothed.filter(ticker=pl.lit(name)).sort("date")["mean"]):
            weight = 0.5 ** (np.arange(place, -1, -1) / half_life)
            assert value == pytest.approx(float(weight @ own[: place + 1] / weight.sum()), rel=1e-9)


@given(seed=st.integers(0, 10_000), quantile=st.floats(0, 0.99), dates=st.integers(20, 40))
@settings(max_examples=15, deadline=None)
def test_the_gate_compares_with_forecasts_of_earlier_dates_only(seed, quantile, dates):
    views = make_views(dates=45, tickers=3, seed=seed, gaps=True)
    marked = sizing.mark_confident(views, quantile=quantile, dates=dates)
    days = sorted(set(views["date"]))
    strength = {day: [] for day in days}
    for row in views.iter_rows(named=True):
        strength[row["date"]].append(abs(row["mean"]) / row["scale"])
    for row in marked.iter_rows(named=True):
        place = days.index(row["date"])
        earlier = [value for day in days[max(0, place - dates) : place] for value in strength[day]]
        enough = place >= sizing.LEAST_DATES
        wanted = enough and abs(row["mean"]) / row["scale"] >= np.quantile(earlier, quantile)
        assert row["confident"] == wanted


def test_the_gate_opens_as_often_as_it_is_meant_to():
    views = make_views(dates=400, tickers=10, seed=1)
    marked = sizing.mark_confident(views, quantile=0.7, dates=252).filter(
        pl.col("date") >= dt.date(2020, 6, 1)
    )
    assert marked["confident"].mean() == pytest.approx(0.3, abs=0.02)


def test_a_forecast_without_a_scale_is_never_confident_and_moves_no_quantile():
    views = make_views(dates=60, tickers=4, seed=2)
    without = views.with_columns(scale=pl.when(pl.col("ticker") == "D").then(None).otherwise("scale"))
    marked = sizing.mark_confident(without, quantile=0.5, dates=40)
    three = sizing.mark_confident(views.filter(pl.col("ticker") != "D"), quantile=0.5, dates=40)
    assert marked.filter(pl.col("ticker") != "D")["confident"].equals(three["confident"])
    assert not marked.filter(ticker=pl.lit("D"))["confident"].any()


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_a_balanced_book_is_as_long_as_short_and_no_position_grew(seed):
    rng = np.random.default_rng(seed)
    positions = make_positions({day: list(rng.normal(0, 1, 5)) for day in range(4)})
    balanced = sizing.balance(positions)
    for before, after in zip(*(part.partition_by("date") for part in (positions, balanced)), strict=True):
        assert after["weight"].sum() == pytest.approx(0.0, abs=1e-12)
        assert (after["weight"].abs() <= before["weight"].abs() + 1e-15).all()
        assert (after["weight"] * before["weight"] >= 0).all()
        larger = before["weight"].sum()
        kept = before["weight"] < 0 if larger > 0 else before["weight"] > 0
        assert after.filter(kept)["weight"].to_list() == pytest.approx(
            before.filter(kept)["weight"].to_list()
        )


def test_no_position_and_no_date_exceeds_its_limit():
    positions = make_positions({0: [0.9, -0.9, 0.1], 1: [0.2, -0.3, 0.1]})
    assert sizing.clip(positions, 0.25)["weight"].to_list() == [0.25, -0.25, 0.1, 0.2, -0.25, 0.1]
    capped = sizing.cap_leverage(positions, 1.0)["weight"].to_list()
    assert capped == pytest.approx([0.9 / 1.9, -0.9 / 1.9, 0.1 / 1.9, 0.2, -0.3, 0.1])
    assert capped[3:] == [0.2, -0.3, 0.1]


def test_what_is_held_is_repeated_until_the_next_decision():
    positions = make_positions({day: [day / 10, -day / 10] for day in range(7)})
    held = sizing.hold(positions, 3).filter(ticker=pl.lit("A"))
    assert held["weight"].to_list() == [0, 0, 0, 0.3, 0.3, 0.3, 0.6]
    assert held.columns == positions.columns


def test_a_delay_counts_sessions_and_what_falls_after_the_last_is_not_there():
    sessions = pl.Series([dt.date(2020, 1, day) for day in (1, 2, 3, 6, 7)])
    positions = make_positions({0: [0.1], 1: [0.2], 2: [0.3], 5: [0.4], 6: [0.5]})
    late = sizing.delay(positions, 2, of=sessions)
    assert late["date"].to_list() == [dt.date(2020, 1, 3), dt.date(2020, 1, 6), dt.date(2020, 1, 7)]
    assert late["weight"].to_list() == [0.1, 0.2, 0.3]
