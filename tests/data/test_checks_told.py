"""What the user says of bars: accepted, refused, split; and entries that cannot be read."""

import datetime as dt

import polars as pl
import pytest

from ml_core.data.quality.judge import check_bars
from ml_core.data.quality.settings import Quality
from ml_core.data.store.bars import adjust
from tests.data.sound_bars import AT, found, repeated, spoil, times


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
