"""Impossible bars and dates against the checks, sound bars against all of them, and noise against the door."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_core.data.quality.judge import check_bars
from ml_core.data.quality.verdicts import catalogue
from ml_core.frames import BARS, conform
from tests.data.sound_bars import AT, DATES, found, simulate, spoil, times


def test_sound_bars_of_every_kind_are_left_alone(sound):
    assert found(sound, calendar="XNYS") == {}
    market = simulate(tuple(f"T{place}" for place in range(60)))
    checked = check_bars(market, calendar="XNYS")
    assert checked.findings.is_empty() and checked.sound.equals(market.sort("ticker", "date"))


@pytest.mark.parametrize(
    ("check", "values"),
    [
        ("close_missing", {"close": None}),
        ("close_missing", {"close": float("nan")}),
        ("not_finite", {"high": float("inf")}),
        ("not_positive", {"low": 0.0}),
        ("not_positive", {"close": -1.0, "low": -2.0}),
        ("negative_volume", {"volume": -5.0}),
        ("high_below_low", {"high": lambda high: high * 0.5}),
        ("close_outside_range", {"close": lambda close: close * 1.15}),
    ],
)
def test_an_impossible_bar_is_quarantined_and_nothing_else(sound, check, values):
    bars = spoil(sound, [AT], **values)
    assert found(bars)[check] == [AT]
    kept = check_bars(bars).sound
    assert kept.equals(sound.filter(pl.int_range(pl.len()) != AT))


def test_a_conflicting_second_bar_of_a_date_takes_both_and_an_equal_one_none(sound):
    second = spoil(sound, [AT], **times(1.01))[AT]
    assert check_bars(pl.concat([sound, second])).refused["check"].to_list() == ["date_twice"] * 2
    assert check_bars(pl.concat([sound, sound[AT]])).sound.equals(sound)


def test_a_date_without_a_session_is_quarantined(sound):
    holiday = sound[AT].with_columns(date=pl.lit(dt.date(2022, 7, 4)))
    told = check_bars(pl.concat([sound, holiday]), calendar="XNYS").refused
    assert told.select("date", "check").rows() == [(dt.date(2022, 7, 4), "no_session")]


def test_missing_sessions_are_said_and_nothing_is_made_up(sound):
    bars = sound.filter(~pl.int_range(pl.len()).is_between(AT, AT + 11))
    checked = check_bars(bars, calendar="XNYS")
    assert checked.findings["check"].to_list() == ["sessions_missing"]
    assert checked.sound.equals(bars)


def test_every_check_says_in_one_line_what_it_means():
    names = [item.name for item in catalogue()]
    assert len(names) == len(set(names)) >= 18
    assert all(15 < len(item.says) < 120 for item in catalogue())


numbers = st.one_of(
    st.none(), st.floats(width=64), st.floats(1, 200), st.sampled_from([0.0, -1.0, 1e300, 1e-300])
)
noise = st.lists(
    st.fixed_dictionaries(
        {
            "ticker": st.sampled_from(["AAA", "BBB"]),
            "date": st.one_of(
                st.none(), st.sampled_from(DATES[:12]), st.dates(dt.date(2022, 1, 1), dt.date(2022, 2, 1))
            ),
            **dict.fromkeys(
                ("open", "high", "low", "close", "volume", "dividend", "split", "adj_close"), numbers
            ),
            "basis": st.sampled_from(["traded", "split_adjusted"]),
        }
    ),
    max_size=25,
)


@given(noise)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_frame_gets_past_the_door_unless_it_satisfies_the_schema(rows):
    bars = pl.DataFrame(rows, schema=BARS, orient="row")
    checked = check_bars(bars, calendar="XNYS")
    kept = checked.sound
    assert kept.equals(conform(kept, BARS, "kept"))
    assert not kept.select(pl.struct("ticker", "date").is_duplicated().any()).item()
    assert kept["date"].null_count() == kept["close"].null_count() == 0
    for name in ("open", "high", "low", "close"):
        values = kept[name].drop_nulls()
        assert values.is_finite().all() and (values > 0).all()
    assert (kept["volume"].drop_nulls() >= 0).all()
    assert kept.filter(pl.col("high") < pl.col("low") * 0.999).is_empty()
    assert kept["split"].drop_nulls().is_finite().all() and (kept["split"].drop_nulls() > 0).all()
    assert kept["dividend"].drop_nulls().is_finite().all() and (kept["dividend"].drop_nulls() >= 0).all()
    everything = checked.findings.filter(pl.col("verdict") == "quarantine").height + kept.height
    assert everything >= bars.unique().height or bars["close"].is_nan().any()
