"""Each check against a defect planted in sound bars, sound bars against all checks, and noise against the door."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_core.data.quality import Quality, catalogue, check_bars
from ml_core.frames import BARS, conform
from tests.data.sound_bars import AT, DATES, found, make_sound, simulate, spoil, times


@pytest.fixture(scope="module")
def sound() -> pl.DataFrame:
    return make_sound()


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


@pytest.mark.parametrize("volume", [{}, {"volume": lambda volume: volume * 1.1}])
def test_bars_that_repeat_again_and_again_are_quarantined(sound, volume):
    stale = (
        sound[AT].drop("date").join(sound[AT + 1 : AT + 5].select("date"), how="cross").select(sound.columns)
    )
    bars = spoil(pl.concat([sound[: AT + 1], stale, sound[AT + 5 :]]), [AT + 2], **volume)
    assert found(bars)["stale"] == [AT + 1, AT + 2, AT + 3, AT + 4]


def test_a_bar_that_is_the_one_before_it_once_is_kept_and_said(sound):
    again = sound[AT].with_columns(date=sound["date"][AT + 1])
    bars = pl.concat([sound[: AT + 1], again, sound[AT + 2 :]])
    assert found(bars) == {"bar_twice": [AT + 1]} and check_bars(bars).sound.equals(bars)


def test_sessions_on_which_nothing_was_traded_are_said(sound):
    flat = {name: float(sound["close"][AT]) for name in ("open", "high", "low", "close")}
    bars = spoil(sound, range(AT, AT + 6), volume=0.0, **flat)
    assert found(bars) == {"nothing_traded": list(range(AT, AT + 6))}


def test_a_stretch_on_another_basis_is_quarantined(sound):
    places = list(range(AT, AT + 20))
    assert found(spoil(sound, places, **times(2.0))) == {"bad_print": places}


@pytest.mark.parametrize(
    ("factor", "places"),
    [(factor, places) for factor in (100, 0.01, 10, 0.001) for places in ([AT], range(AT, AT + 9))]
    + [(factor, range(40)) for factor in (100, 0.01, 0.001)],
)
def test_a_wrong_unit_is_scaled_back_to_what_follows(sound, factor, places):
    bars = spoil(sound, places, **times(factor))
    assert found(bars) == {"wrong_unit": list(places)}
    repaired = check_bars(bars).sound
    assert (repaired["close"] / sound["close"] - 1).abs().max() < 1e-9


@pytest.mark.parametrize("ratio", [2.0, 4.0, 0.1, 1.5])
def test_bars_on_the_wrong_side_of_a_recorded_split_are_scaled(sound, ratio):
    recorded = spoil(sound, [AT], split=ratio)
    assert found(recorded) == {}
    bars = spoil(recorded, range(AT - 3), **times(ratio))
    assert found(bars) == {"split_misplaced": list(range(AT - 3))}
    assert (check_bars(bars).sound["close"] / sound["close"] - 1).abs().max() < 1e-9


@pytest.mark.parametrize(("ratio", "taken"), [(2.0, 2.0), (3.0, 3.0), (1.5, 1.5), (0.5, 0.5), (1.37, None)])
def test_an_unrecorded_split_or_spin_off_is_taken_as_an_action_and_said(sound, ratio, taken):
    bars = spoil(sound, range(AT), **times(ratio))
    assert found(bars) == {"unrecorded_action": [AT]}
    row = check_bars(bars).sound.row(AT, named=True)
    assert row["basis"] == "traded" and row["split"] == pytest.approx(taken or ratio, rel=0.06)


def test_a_crash_on_which_everybody_trades_is_no_defect(sound):
    bars = spoil(spoil(sound, range(AT), **times(2.2)), [AT], volume=lambda volume: volume * 25)
    assert found(bars) == {}


def test_a_price_that_leaves_and_comes_back_is_quarantined(sound):
    assert found(spoil(sound, [AT], **times(1.35))) == {"bad_print": [AT]}


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


def test_an_adjusted_close_that_misses_a_dividend_is_not_used(sound):
    paid = float(sound["close"][AT - 1]) * 0.03
    fell = spoil(sound, range(AT), **times(1 / 0.97)).with_columns(adj_close=pl.col("close"))
    bars = spoil(fell, [AT], dividend=paid)
    checked = check_bars(bars)
    assert set(checked.findings["check"]) == {"adjusted_close_disagrees"}
    assert checked.sound["adj_close"].null_count() == AT


def test_a_finding_that_the_user_knows_to_be_true_is_accepted(sound):
    bars = spoil(sound, range(AT), **times(2.0))
    accept = Quality(accept=(f"AAA {bars['date'][AT]}",))
    assert check_bars(bars, quality=accept).sound.equals(bars)
    assert check_bars(bars, quality=Quality(skip=("unrecorded_action",))).findings.is_empty()


@pytest.mark.parametrize("factor", [0.5, 0.7, 1.3])
def test_of_an_accepted_day_the_way_back_is_no_split(sound, factor):
    bars = spoil(sound, [AT], **times(factor))
    accept = Quality(accept=(f"AAA {bars['date'][AT]}",))
    assert check_bars(bars, quality=accept).sound.equals(bars)


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
