"""Stretches on another scale: a wrong unit that comes back is put right, all else is said."""

import pytest

from ml_core.data.quality.judge import check_bars
from ml_core.data.quality.settings import Quality
from tests.data.sound_bars import AT, found, spoil, times


def test_a_stretch_on_another_basis_is_kept_and_both_jumps_are_said(sound):
    bars = spoil(sound, range(AT, AT + 20), **times(2.0))
    assert found(bars) == {"unexplained_jump": [AT, AT + 20]} and check_bars(bars).sound.equals(bars)


@pytest.mark.parametrize("places", [[AT], range(AT, AT + 9)])
@pytest.mark.parametrize("factor", [100, 0.01, 10, 0.001])
def test_a_wrong_unit_that_returns_on_the_same_volume_is_scaled_back(sound, factor, places):
    bars = spoil(sound, places, **times(factor))
    assert found(bars) == {"wrong_unit": list(places)}
    repaired = check_bars(bars).sound
    assert (repaired["close"] / sound["close"] - 1).abs().max() < 1e-9


@pytest.mark.parametrize("factor", [100, 0.01, 10])
def test_a_price_in_another_unit_that_does_not_return_is_kept_and_said(sound, factor):
    bars = spoil(sound, range(AT), **times(factor))
    assert found(bars) == {"unexplained_jump": [AT]} and check_bars(bars).sound.equals(bars)


@pytest.mark.parametrize("volume", [6.0, 0.1])
def test_a_tenfold_price_that_returns_on_another_volume_is_no_unit(sound, volume):
    bars = spoil(sound, range(AT, AT + 9), **times(0.1), volume=lambda column: column * volume)
    assert "wrong_unit" not in found(bars) and check_bars(bars).sound.equals(bars)


def test_of_a_day_only_the_prices_in_the_wrong_unit_are_scaled(sound):
    right = sound.row(AT, named=True)
    bars = spoil(sound, [AT], **times(0.01, "low", "close"))
    assert found(bars)["wrong_unit"] == [AT]
    repaired = check_bars(bars).sound.row(AT, named=True)
    assert [repaired[name] for name in ("open", "high", "low", "close")] == pytest.approx(
        [right[name] for name in ("open", "high", "low", "close")]
    )


def test_a_ticker_of_two_instruments_is_refused_whole_and_nothing_drifts(sound):
    places = [place for start in range(20, 360, 12) for place in range(start, start + 4)]
    bars = spoil(sound, places, **times(0.001))
    checked = check_bars(bars)
    assert checked.sound.is_empty() and set(checked.findings["check"]) == {"unit_unclear"}
    accepted = check_bars(bars, quality=Quality(accept=("AAA unit_unclear",)))
    assert accepted.sound.equals(bars)
