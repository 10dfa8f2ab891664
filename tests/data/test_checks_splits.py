"""Jumps beside recorded splits, adjusted closes and nothing at all: what is a split, and what is a return."""

import polars as pl
import pytest

from ml_core.data.quality.judge import check_bars
from ml_core.data.store.bars import adjust
from tests.data.sound_bars import AT, found, spoil, times


@pytest.mark.parametrize("ratio", [2.0, 4.0, 0.1, 1.5])
@pytest.mark.parametrize("twice", [False, True])
def test_a_recorded_split_that_the_prices_change_by_is_taken_as_traded_on_its_day(sound, ratio, twice):
    recorded = spoil(sound, [AT], split=ratio)
    assert found(recorded) == {}
    bars = spoil(recorded, range(AT), **times(1 / ratio if twice else ratio))
    assert found(bars) == {"split_not_in_prices": [AT]}
    kept, true = adjust(check_bars(bars).sound), adjust(recorded)
    assert (kept["close"] / kept["close"][0] / (true["close"] / true["close"][0]) - 1).abs().max() < 1e-9


@pytest.mark.parametrize(("ratio", "last"), [(2.0, AT), (1.5, AT), (4.0, AT - 3), (0.1, AT - 3)])
def test_bars_on_the_other_side_of_a_recorded_split_are_scaled(sound, ratio, last):
    """They end on its day; or, of a large split, their volume is that of the other side too."""
    places = list(range(AT - 12, last))
    other = times(ratio) | {"volume": lambda volume: volume / ratio}
    bars = spoil(spoil(sound, [AT], split=ratio), places, **other)
    assert found(bars) == {"split_beside": places}
    assert (check_bars(bars).sound["close"] / sound["close"] - 1).abs().max() < 1e-9


@pytest.mark.parametrize("ratio", [2.0, 1.5, 4.0])
def test_a_panic_that_comes_back_near_a_recorded_split_is_a_panic(sound, ratio):
    bars = spoil(spoil(sound, [AT], split=ratio), range(AT - 12, AT - 3), **times(1 / ratio))
    assert check_bars(bars).sound["close"].equals(bars["close"])


@pytest.mark.parametrize(("ratio", "move"), [(1.5, 0.69), (1.25, 0.8), (1.2, 0.85), (0.8, 0.8)])
def test_a_bad_day_on_the_day_of_a_small_split_is_a_return_where_the_adjusted_close_says_so(
    sound, ratio, move
):
    bars = spoil(spoil(sound, [AT], split=ratio), range(AT), **times(1 / move))
    bars = bars.with_columns(adj_close=pl.col("close"))
    assert check_bars(bars).sound.equals(bars)


@pytest.mark.parametrize("days", [-20, -3, 2, 30])
def test_a_crash_near_a_recorded_split_is_a_crash(sound, days):
    bars = spoil(spoil(sound, [AT], split=2.0), range(AT + days), **times(2.0))
    assert found(bars) == {"unexplained_jump": [AT + days]} and check_bars(bars).sound["close"].equals(
        bars["close"]
    )


@pytest.mark.parametrize("ratio", [2.0, 3.0, 1.5, 0.5, 1.37])
def test_a_jump_that_nothing_records_is_kept_and_said(sound, ratio):
    bars = spoil(sound, range(AT), **times(ratio))
    assert found(bars) == {"unexplained_jump": [AT]} and check_bars(bars).sound.equals(bars)


def with_adjusted(bars: pl.DataFrame, sound: pl.DataFrame) -> pl.DataFrame:
    return bars.with_columns(adj_close=sound["close"])


@pytest.mark.parametrize("ratio", [3.0, 0.5, 0.1])
def test_a_split_that_the_adjusted_close_knows_is_taken_where_none_is_recorded(sound, ratio):
    bars = with_adjusted(spoil(sound, range(AT), **times(ratio)), sound)
    assert found(bars) == {"split_missing": [AT]}
    row = check_bars(bars).sound.row(AT, named=True)
    assert row["basis"] == "traded" and row["split"] == pytest.approx(ratio, rel=0.06)


@pytest.mark.parametrize("ratio", [3.0, 2.0, 1.4, 0.5])
def test_a_jump_that_the_adjusted_close_makes_too_is_a_return(sound, ratio):
    bars = spoil(sound, range(AT), **times(ratio)).with_columns(adj_close=pl.col("close"))
    assert found(bars) == {"unexplained_jump": [AT]} and check_bars(bars).sound.equals(bars)


def test_a_price_that_leaves_and_comes_back_is_kept_and_said(sound):
    bars = spoil(sound, [AT], **times(1.35))
    told = found(bars)
    assert told.pop("bar_apart") == [AT] and told == {"comes_back": [AT], "unexplained_jump": [AT, AT + 1]}
    assert check_bars(bars).sound.equals(bars)
