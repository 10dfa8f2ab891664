"""Prices and volumes that stand still: what is a copy, and what is a quiet market."""

import polars as pl
import pytest

from ml_core.data.quality.judge import check_bars
from tests.data.sound_bars import AT, found, repeated, spoil


def test_bars_that_repeat_to_the_last_share_are_quarantined(sound):
    assert found(repeated(sound))["stale"] == [AT + 1, AT + 2, AT + 3, AT + 4]


def test_a_range_of_prices_in_which_nobody_traded_is_quarantined_where_others_had_trade(sound):
    idle = spoil(repeated(sound), range(AT + 1, AT + 5), volume=0.0)
    assert found(idle)["stale"] == [AT + 1, AT + 2, AT + 3, AT + 4]


@pytest.mark.parametrize("volume", [lambda volume: volume * 1.0 + pl.int_range(pl.len()), None])
def test_a_price_that_stands_still_is_kept_and_said(sound, volume):
    bars = spoil(repeated(sound), range(AT, AT + 5), volume=volume)
    assert found(bars) == {"repeats": [AT + 1, AT + 2, AT + 3, AT + 4]}
    assert check_bars(bars).sound.equals(bars)


def test_a_pegged_currency_that_repeats_for_a_year_keeps_every_bar(sound):
    pegged = repeated(sound, times=170).with_columns(volume=pl.lit(0.0))
    assert check_bars(pegged).sound.equals(pegged)


def test_a_bar_that_is_the_one_before_it_once_is_kept_and_said(sound):
    bars = repeated(sound, times=1)
    assert found(bars) == {"repeats": [AT + 1]} and check_bars(bars).sound.equals(bars)


def test_sessions_on_which_nothing_was_traded_are_said(sound):
    flat = {name: float(sound["close"][AT]) for name in ("open", "high", "low", "close")}
    bars = spoil(sound, range(AT, AT + 6), volume=0.0, **flat)
    assert found(bars) == {"nothing_traded": list(range(AT, AT + 6))}
