"""Defects that look like something else: long stretches, the newest bar, other companies' bars, shifted dates."""

import datetime as dt

import polars as pl
import pytest

from ml_core.data.quality.judge import check_bars
from ml_core.data.quality.settings import Quality
from tests.data.sound_bars import AT, found, spoil, times

PRICES = ("open", "high", "low", "close")


def closes_are_those_of(bars: pl.DataFrame, sound: pl.DataFrame) -> bool:
    both = bars.join(sound, on=["ticker", "date"], suffix="_sound")
    return both.height > 0 and bool((both["close"] / both["close_sound"] - 1).abs().max() < 1e-9)


@pytest.mark.parametrize("factor", [1.12, 0.9])
def test_a_bar_apart_from_both_neighbours_is_kept_and_said(sound, factor):
    bars = spoil(sound, [AT], **times(factor))
    assert found(bars) == {"bar_apart": [AT]} and check_bars(bars).sound.equals(bars)


def test_a_day_on_which_everybody_traded_is_no_bar_apart(sound):
    bars = spoil(sound, [AT], **times(1.12), volume=lambda volume: volume * 9)
    assert found(bars) == {}


def test_a_thin_stock_that_bounces_between_its_quotes_is_left_alone(sound):
    flat = sound.with_columns(pl.lit(50.0).alias(name) for name in PRICES)
    flat = flat.with_columns(high=pl.lit(50.01))
    bars = spoil(flat, range(20, 360, 12), **times(1.06))
    assert "bar_apart" not in found(bars)


@pytest.mark.parametrize("recorded", [AT - 3, AT - 1, AT + 1, AT + 3])
@pytest.mark.parametrize("ratio", [4.0, 1.5, 0.1])
def test_a_split_of_traded_prices_recorded_days_off_is_put_where_they_show_it(sound, ratio, recorded):
    traded = spoil(sound.with_columns(basis=pl.lit("traded")), range(AT), **times(ratio))
    right = spoil(traded, [AT], split=ratio)
    assert found(right) == {}
    bars = spoil(traded, [recorded], split=ratio)
    assert found(bars) == {"split_misplaced": [AT], "split_in_prices": [recorded]}
    shares = check_bars(bars).sound["split"].cum_prod()
    assert ((check_bars(bars).sound["close"] * shares) / (sound["close"] * ratio) - 1).abs().max() < 1e-9


def test_a_split_that_traded_prices_do_not_show_is_not_applied_again(sound):
    bars = spoil(sound.with_columns(basis=pl.lit("traded")), [AT], split=4.0)
    assert found(bars) == {"split_in_prices": [AT]}
    assert check_bars(bars).sound["split"].to_list() == [1.0] * sound.height


@pytest.mark.parametrize("factor", [0.5, 1.4, 0.7, 0.01])
def test_a_jump_of_the_newest_bar_is_kept_and_said_on_its_own_day(sound, factor):
    newest = spoil(sound, [AT], **times(factor))[: AT + 1]
    assert found(newest) == {"unexplained_jump": [AT]} and check_bars(newest).sound.equals(newest)


def test_a_unit_that_returns_is_told_by_the_bar_that_returns(sound):
    bars = spoil(sound, range(AT, AT + 9), **times(100.0))
    assert found(bars[: AT + 9]) == {"unexplained_jump": [AT]}
    told = check_bars(bars[: AT + 10]).findings
    assert set(told["check"]) == {"wrong_unit"} and set(told["known"]) == {bars["date"][AT + 9]}


@pytest.mark.parametrize("days", [1, -1])
def test_dates_of_another_zone_are_refused_not_only_where_they_fall_on_a_weekend(sound, days):
    shifted = sound.with_columns(pl.col("date") + dt.timedelta(days=days))
    refused = check_bars(shifted, calendar="XNYS").refused["date"].n_unique()
    assert refused > 0.8 * sound.height
    part = pl.concat([sound[:100], shifted[100:130], sound[130:]])
    refused = check_bars(part, calendar="XNYS").refused["date"].unique()
    assert shifted["date"][105:125].is_in(refused.implode()).all()
    assert refused.is_between(sound["date"][92], sound["date"][138]).all()


@pytest.mark.parametrize("calendar", ["XNYS", "24/7"])
def test_weekends_with_all_sessions_beside_them_shift_nothing(sound, calendar):
    friday = sound.filter(pl.col("date").dt.weekday() == 5)[20:23]
    extra = friday.with_columns(pl.col("date") + dt.timedelta(days=1), pl.col("close") * 1.001)
    told = found(pl.concat([sound, extra]), calendar=calendar)
    assert set(told) - {"sessions_missing"} == ({"no_session"} if calendar == "XNYS" else set())


def adjusted(bars: pl.DataFrame, at: int, share: float) -> pl.DataFrame:
    """The close before a payment higher by it, and the adjusted close that knows of it."""
    fell = spoil(bars, range(at), **times(1 / (1 - share)))
    return fell.with_columns(adj_close=bars["close"])


def test_a_dividend_that_price_and_adjusted_close_show_is_taken_where_none_is_recorded(sound):
    bars = adjusted(sound, AT, 0.09)
    assert found(bars) == {"dividend_missing": [AT]}
    paid = check_bars(bars).sound["dividend"]
    assert paid[AT] == pytest.approx(0.09 * bars["close"][AT - 1]) and paid.sum() == paid[AT]
    unknown = bars.with_columns(dividend=pl.lit(None, pl.Float64))
    assert found(unknown) == {}


def test_a_wrong_close_beside_a_right_adjusted_one_is_no_missing_dividend(sound):
    bars = spoil(sound.with_columns(adj_close=pl.col("close")), [AT], close=lambda close: close * 0.995)
    assert "dividend_missing" not in found(bars)


def test_a_dividend_that_the_price_did_not_fall_by_is_kept_and_said_where_there_was_trade(sound):
    paid = float(sound["close"][AT - 1]) * 0.12
    bars = spoil(sound, [AT], dividend=paid)
    assert found(bars) == {"dividend_doubted": [AT]} and check_bars(bars).sound.equals(bars)
    quiet = spoil(spoil(bars, [AT], volume=0.0), [AT], **dict.fromkeys(PRICES, bars["close"][AT - 1]))
    assert found(quiet) == {}


@pytest.mark.parametrize(("share", "kept"), [(0.1, True), (0.3, True), (0.6, True), (0.6, False)])
def test_a_large_dividend_that_the_adjusted_close_confirms_is_paid_however_good_the_day(sound, share, kept):
    paid = float(sound["close"][AT - 1]) * share
    early = pl.when(pl.int_range(pl.len()) < AT).then(pl.col("close") * (1 - share)).otherwise("close")
    bars = spoil(sound, [AT], dividend=paid).with_columns(
        adj_close=early if kept else pl.lit(None, pl.Float64)
    )
    assert check_bars(bars).sound["dividend"][AT] == pytest.approx(paid if kept else paid / 100)


def test_an_adjusted_close_that_is_late_explains_nothing(sound):
    """On the day it repeats the one before, or is off; with the next bar it has caught up."""
    crashed = spoil(sound, range(AT), **times(1 / 0.69)).with_columns(adj_close=pl.col("close"))
    for late in (float(crashed["adj_close"][AT - 1]), float(crashed["adj_close"][AT - 1]) * 1.004):
        bars = spoil(crashed, [AT], adj_close=late)
        assert check_bars(bars).sound.equals(bars)
        assert check_bars(bars[: AT + 1]).sound.equals(bars[: AT + 1])


def test_the_dividend_and_the_split_of_a_refused_bar_are_put_on_the_next(sound):
    paid = float(sound["close"][AT - 1]) * 0.02
    ex = spoil(spoil(sound, range(AT), **times(1 / 0.98)), [AT], dividend=paid)
    for broken in ({"close": None}, {"low": 0.0}, times(1.5, "close")):
        checked = check_bars(spoil(ex, [AT], **broken))
        assert checked.sound.filter(pl.col("dividend") > 0).select("date", "dividend").rows() == [
            (sound["date"][AT + 1], paid)
        ]
    traded = spoil(sound.with_columns(basis=pl.lit("traded")), range(AT), **times(4.0))
    checked = check_bars(spoil(spoil(traded, [AT], split=4.0), [AT], close=None))
    assert set(checked.findings["check"]) == {"close_missing", "action_carried"}
    assert checked.sound.filter(pl.col("split") != 1).select("date", "split").rows() == [
        (sound["date"][AT + 1], 4.0)
    ]


def test_what_was_refused_for_its_dividend_is_carried_nowhere(sound):
    bars = spoil(sound, [AT], dividend=float(sound["close"][AT]) * 1.5)
    quality = Quality(skip=("dividend_unit",))
    assert found(bars, quality=quality) == {"dividend_impossible": [AT]}
    assert check_bars(bars, quality=quality).sound["dividend"].sum() == 0


def cheap(bars: pl.DataFrame, price: float) -> pl.DataFrame:
    """The same market in a share of that price, on a grid of cents."""
    return bars.with_columns((pl.col(name) * price / 50).round(2) for name in PRICES)


@pytest.mark.parametrize("price", [0.15, 0.6, 2.0])
def test_a_cheap_share_repeats_its_bars_and_jumps_by_a_tick_without_being_refused(sound, price):
    assert check_bars(cheap(sound, price)).refused.is_empty()


@pytest.mark.parametrize("volume", [0.0, 12_345.0])
def test_a_cheap_share_is_stale_where_its_volume_says_so(sound, volume):
    bars = cheap(sound, 2.0)
    moved = {"high": float(bars["close"][AT]) + 0.01, "low": float(bars["close"][AT])}
    again = spoil(
        bars, range(AT, AT + 5), open=float(bars["close"][AT]), close=float(bars["close"][AT]), **moved
    )
    told = found(spoil(again, range(AT, AT + 5), volume=volume))
    assert set(told["stale"]) == {AT + 1, AT + 2, AT + 3, AT + 4}


def test_an_adjusted_close_rounded_to_cents_agrees_as_far_as_cents_go(sound):
    fell = cheap(spoil(sound, range(AT), **times(1 / 0.98)), 1.0)
    paid = round(float(fell["close"][AT - 1]) * 0.02, 4)
    kept = 1 - paid / float(fell["close"][AT - 1])
    early = pl.int_range(pl.len()) < AT
    exact = pl.when(early).then(pl.col("close") * kept).otherwise("close")
    bars = spoil(fell, [AT], dividend=paid).with_columns(adj_close=exact.round(2))
    assert "adjusted_close_disagrees" not in found(bars)
    wrong = bars.with_columns(pl.when(early).then(pl.col("adj_close") - 0.03).otherwise("adj_close"))
    assert found(wrong)["adjusted_close_disagrees"] == [AT]
