"""Where only closes are known, less is certain: news and spin-offs look alike, and less is done."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_core.data.quality.judge import check_bars
from ml_core.frames import BARS, conform


def make_closes(*, seed: int = 1, **moves: float) -> pl.DataFrame:
    """A calm walk of 400 sessions; `at_100=0.4` adds that log change at that session, for good."""
    steps = np.random.default_rng(seed).normal(0, 0.012, 400)
    for place, size in moves.items():
        steps[int(place.removeprefix("at_"))] += size
    closes = np.round(80 * np.exp(np.cumsum(steps)), 2)
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=place) for place in range(400)]
    empty = {name: pl.Series([None] * 400, dtype=kind) for name, kind in BARS.items()}
    known = {"ticker": ["X"] * 400, "date": days, "close": closes, "basis": ["split_adjusted"] * 400}
    return conform(pl.DataFrame(empty | known), BARS, "closes")


def found(bars: pl.DataFrame) -> set[tuple[str, str]]:
    return set(check_bars(bars).findings.select("check", "verdict").rows())


def test_a_calm_walk_is_left_alone():
    bars = make_closes()
    assert check_bars(bars).sound.equals(bars)
    assert not found(bars)


@pytest.mark.parametrize("size", [0.42, -0.45, 0.48])
def test_a_large_move_is_said_and_changes_nothing(size):
    bars = make_closes(at_200=size)
    assert check_bars(bars).sound.equals(bars)
    assert found(bars) == {("unexplained_jump", "note")}


@pytest.mark.parametrize("ratio", [2.0, 3.0, 5.0, 0.1])
def test_a_move_by_a_common_split_is_said_and_changes_nothing(ratio):
    bars = make_closes(at_200=-np.log(ratio))
    assert check_bars(bars).sound.equals(bars)
    assert found(bars) == {("unexplained_jump", "note")}


def test_bad_news_and_good_news_a_quarter_apart_cost_no_bar_between_them():
    bars = make_closes(at_200=-0.21, at_250=0.20)
    assert check_bars(bars).sound.equals(bars)


def test_a_price_that_is_elsewhere_for_a_day_is_said_and_kept():
    bars = make_closes(at_200=0.3, at_201=-0.3)
    assert ("comes_back", "note") in found(bars) and check_bars(bars).sound.equals(bars)


def test_a_hundredfold_price_that_returns_is_a_unit_where_no_volume_is_known():
    bars = make_closes(at_200=np.log(100), at_205=-np.log(100))
    assert ("wrong_unit", "repair") in found(bars) and check_bars(bars).sound["close"].max() < 200
