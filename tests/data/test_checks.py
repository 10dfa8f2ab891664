"""Each check against a defect planted in sound bars, sound bars against all checks, and noise against the door."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_core.data.quality.judge import catalogue, check_bars
from ml_core.data.quality.settings import Quality
from ml_core.data.store.bars import adjust
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


def repeated(sound: pl.DataFrame, times: int = 4) -> pl.DataFrame:
    """The bar at AT so many times more, volume included."""
    days = sound[AT + 1 : AT + 1 + times].select("date")
    again = sound[AT].drop("date").join(days, how="cross").select(sound.columns)
    return pl.concat([sound[: AT + 1], again, sound[AT + 1 + times :]])


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


@pytest.mark.parametrize("entry", ["AAA {day}", "AAA {day}..{day}", "AAA {check}"])
@pytest.mark.parametrize(
    "check", ["wrong_unit", "close_outside_range", "high_below_low", "stale", "no_session"]
)
def test_what_the_user_accepts_is_kept_as_it_came_whatever_the_verdict(sound, check, entry):
    bars, day = {
        "wrong_unit": (spoil(sound, [AT], **times(100.0)), sound["date"][AT]),
        "close_outside_range": (spoil(sound, [AT], **times(1.15, "close")), sound["date"][AT]),
        "high_below_low": (spoil(sound, [AT], high=lambda high: high * 0.5), sound["date"][AT]),
        "stale": (repeated(sound, times=2), sound["date"][AT + 1]),
        "no_session": (
            pl.concat([sound, sound[AT].with_columns(date=dt.date(2022, 7, 4))]),
            dt.date(2022, 7, 4),
        ),
    }[check]
    quality = Quality(accept=(entry.format(day=day, check=check),))
    assert check in found(bars, calendar="XNYS")
    told = check_bars(bars, calendar="XNYS", quality=quality).findings.filter(check=check)
    assert day not in told["date"].to_list()


@pytest.mark.parametrize("values", [{"close": None}, {"close": 0.0}, {"low": -1.0}, {"high": float("inf")}])
def test_a_bar_of_which_nothing_could_be_made_is_refused_even_where_its_day_is_accepted(sound, values):
    bars = spoil(sound, [AT], **values)
    quality = Quality(accept=(f"AAA {sound['date'][AT]}",))
    assert check_bars(bars, quality=quality).sound.equals(sound.filter(pl.int_range(pl.len()) != AT))


def test_a_date_that_stands_twice_stays_refused_and_cannot_be_accepted_by_its_check(sound):
    twice = pl.concat([sound, spoil(sound, [AT], **times(1.01))[AT]])
    kept = check_bars(twice, quality=Quality(accept=(f"AAA {sound['date'][AT]}",))).sound
    assert sound["date"][AT] not in kept["date"]
    with pytest.raises(ValueError, match="cannot be kept; correct the source"):
        Quality(accept=("AAA date_twice",))


def test_what_the_user_refuses_is_kept_out_and_what_he_records_is_a_split(sound):
    bars = spoil(sound, range(AT), **times(2.4))
    day = bars["date"][AT]
    refused = check_bars(bars, quality=Quality(refuse=(f"AAA {day}",)))
    assert refused.sound.equals(bars.filter(pl.col("date") != day))
    assert refused.refused["check"].to_list() == ["refused_by_you"]
    told = found(bars, quality=Quality(split=(f"AAA {day} 2.4",)))
    assert told == {"split_by_you": [AT]}
    recorded = adjust(check_bars(bars, quality=Quality(split=(f"AAA {day} 2.4",))).sound)
    assert (recorded["close"] / 2.4 / sound["close"] - 1).abs().max() < 1e-9


@pytest.mark.parametrize(
    ("key", "entry"),
    [
        ("accept", "AAA"),
        ("accept", "AAA 2022-13-01"),
        ("accept", "AAA no_such_check"),
        ("refuse", "AAA stale"),
        ("refuse", "AAA 2022-02-01..2022-01-01"),
        ("split", "AAA 2022-02-01"),
        ("split", "AAA 2022-02-01 -2"),
        ("split", "AAA 2022-02-01 nan"),
        ("skip", "no_such_check"),
    ],
)
def test_an_entry_that_cannot_be_read_is_refused_with_what_was_expected(key, entry):
    with pytest.raises(ValueError, match=r"expected|did you mean"):
        Quality.model_validate({key: [entry]})


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
