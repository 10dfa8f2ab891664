"""Dividends that are wrong, and adjusted closes that know them or not."""

import polars as pl
import pytest

from ml_core.data.quality.judge import check_bars
from tests.data.sound_bars import AT, found, spoil, times


def test_an_adjusted_close_of_no_size_costs_no_bar(sound):
    bars = sound.with_columns(adj_close=pl.lit(1e15))
    checked = check_bars(bars)
    assert (
        checked.sound["close"].equals(sound["close"])
        and checked.sound["adj_close"].null_count() == sound.height
    )


@pytest.mark.parametrize(("factor", "check"), [(100.0, "dividend_unit"), (0.0, None)])
def test_a_dividend_in_the_wrong_unit_is_put_right(sound, factor, check):
    paid = sound["close"][AT] * 0.006
    bars = spoil(sound, [AT], dividend=paid * factor)
    assert found(bars) == ({check: [AT]} if check else {})
    if check:
        assert check_bars(bars).sound["dividend"][AT] == pytest.approx(paid)


def test_a_distribution_counted_twice_is_counted_once(sound):
    paid = sound["close"][AT - 1] * 0.08
    fell = spoil(sound, range(AT), **times(1 / 0.92))
    bars = spoil(fell, [AT, AT + 1], dividend=paid)
    assert found(bars) == {"dividend_twice": [AT + 1]}


def test_an_adjusted_close_that_misses_a_dividend_is_said_on_its_day(sound):
    paid = float(sound["close"][AT - 1]) * 0.03
    fell = spoil(sound, range(AT), **times(1 / 0.97)).with_columns(adj_close=pl.col("close"))
    bars = spoil(fell, [AT], dividend=paid)
    assert found(bars) == {"adjusted_close_disagrees": [AT]} and check_bars(bars).sound.equals(bars)


def test_a_dividend_that_no_share_pays_is_doubted_on_a_quiet_day_where_the_adjusted_close_denies_it(sound):
    before = float(sound["close"][AT - 1])
    still = dict.fromkeys(("open", "high", "low", "close"), before)
    bars = spoil(sound, [AT], dividend=before * 0.7, volume=0.0, **still)
    early = pl.int_range(pl.len()) < AT
    adjusted = pl.when(early).then(pl.col("close") * 0.993).otherwise("close")
    checked = check_bars(bars.with_columns(adj_close=adjusted))
    assert checked.sound["dividend"][AT] == pytest.approx(0.007 * before, rel=1e-4)
