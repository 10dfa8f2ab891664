"""What was forecast is kept as it was written first, with the time of writing; what is said otherwise later is kept
apart, and what was written before there was such a note is still read."""

import datetime as dt

import polars as pl
import pytest

from ml_core.data.almanac import Almanac
from ml_core.data.calendar import next_close
from ml_core.data.store import tables
from ml_core.data.store.forecasts import KEY, read_forecast, read_later, write_forecast
from ml_core.frames import ANSWERED
from ml_core.home.settings import Home, open_home

FRIDAY = dt.date(2026, 11, 20)
FIRST, SECOND = (dt.datetime(2026, 11, day, 23, tzinfo=dt.UTC) for day in (20, 24))


@pytest.fixture
def home(tmp_path) -> Home:
    return open_home(tmp_path)


def said(mean: float, *, version: str = "1", seat: str = "champion") -> pl.DataFrame:
    row = {"ticker": "ALFA", "as_of": FRIDAY, "horizon": 1, "mean": mean, "lower": -0.1, "upper": 0.1}
    row |= {"scale": 0.06, "model": "small.simulated", "version": version}
    row |= {"seat": seat, "proven": "", "in_sample": False}
    return pl.DataFrame([row], schema=ANSWERED)


def test_the_first_writing_stands_and_a_later_one_that_differs_is_kept_apart_once(home):
    write_forecast(home, "small", said(0.01), written=FIRST, live=True)
    write_forecast(home, "small", said(0.02), written=SECOND, live=False)
    write_forecast(home, "small", said(0.02), written=SECOND + dt.timedelta(hours=1), live=False)
    (kept,) = read_forecast(home, "small").to_dicts()
    assert (kept["mean"], kept["written"], kept["live"]) == (0.01, FIRST, True)
    (later,) = read_later(home, "small").to_dicts()
    assert (later["mean"], later["written"], later["live"]) == (0.02, SECOND, False)


def test_the_same_answer_again_is_no_news_and_another_version_has_a_row_of_its_own(home):
    first = write_forecast(home, "small", said(0.01), written=FIRST, live=True)
    again = write_forecast(home, "small", said(0.01, seat="challenger"), written=SECOND, live=False)
    assert (again.inserted, again.updated, again.version) == (0, 0, first.version)
    assert read_later(home, "small").is_empty()
    write_forecast(home, "small", said(0.03, version="2"), written=SECOND, live=False)
    assert read_forecast(home, "small", as_of=FRIDAY)["live"].to_list() == [True, False]


def test_forecasts_of_before_the_time_of_writing_was_kept_are_read_are_not_live_and_stand(home):
    tables.merge(home.store / "forecasts" / "small", said(0.01), KEY)
    (old,) = read_forecast(home, "small").to_dicts()
    assert (old["mean"], old["written"], old["live"]) == (0.01, None, False)
    write_forecast(home, "small", said(0.02), written=FIRST, live=True)
    assert read_forecast(home, "small")["live"].to_list() == [False]
    assert read_later(home, "small")["live"].to_list() == [True]


@pytest.mark.parametrize(
    ("calendar", "day", "closes"),
    [
        ("XNYS", dt.date(2026, 11, 20), dt.datetime(2026, 11, 23, 21)),  # over a weekend
        ("XNYS", dt.date(2026, 11, 25), dt.datetime(2026, 11, 27, 18)),  # a holiday, then half a day
        ("XNYS", dt.date(2026, 3, 6), dt.datetime(2026, 3, 9, 20)),  # clocks were set forward between
        ("XTKS", dt.date(2026, 12, 30), dt.datetime(2027, 1, 4, 6, 30)),
        ("data", dt.date(2026, 11, 20), dt.datetime(2026, 11, 21, 3)),
    ],
)
def test_an_outcome_can_be_known_from_the_close_of_the_next_session_on(tmp_path, calendar, day, closes):
    assert next_close(calendar, day, almanac=Almanac(tmp_path)) == closes.replace(tzinfo=dt.UTC)
