"""Beside a forecast stands what was said before, and what came of it."""

import datetime as dt
import math

import polars as pl
import pytest

from ml_core.data.prices import read_prices
from ml_core.data.store.forecasts import write_forecast
from ml_core.prediction.answer import stamp
from serving.ui.forecast import show_forecast
from tests.market import NOW

SINCE = dt.date(2000, 1, 1)


@pytest.fixture(scope="module")
def looked(service):
    answer = service.single("ALFA")
    history = service.history("ALFA", unit=answer.as_of)
    return answer, history, service.earlier(answer, history, 3, since=SINCE)


def test_what_was_said_is_what_the_model_forecast_then_and_what_came_is_the_close_so_many_sessions_later(
    looked, world
):
    _, history, earlier = looked
    said = world.forecaster.predict(read_prices(world.experiment, world.home), since=SINCE)
    said = said.filter(ticker="ALFA", horizon=3).sort("as_of")
    closes = dict(history.select("date", "close").iter_rows())
    days = sorted(closes)
    for row in earlier.rows.tail(5).iter_rows(named=True):
        then = days[days.index(row["due"]) - 3]
        own = said.row(by_predicate=pl.col("as_of") == then, named=True)
        assert row["price"] == pytest.approx(closes[then] * math.exp(own["mean"]))
        assert row["lower"] == pytest.approx(closes[then] * math.exp(own["lower"]))
        assert row["came"] == closes[row["due"]]


def test_no_session_that_the_model_learned_from_is_looked_back_on(looked, world):
    _, history, earlier = looked
    days = history["date"].sort().to_list()
    first = days[days.index(earlier.rows["due"][0]) - 3]
    assert first >= world.evidence.unseen
    assert earlier.rows["due"][-1] == days[-1]


def test_how_many_the_range_held_is_told_on_the_chart_and_can_be_left_out(looked, service):
    _, _, earlier = looked
    inside = [row["lower"] <= row["came"] <= row["upper"] for row in earlier.rows.iter_rows(named=True)]
    told = f"Would have said 3 sessions before: held {sum(inside)} of {len(inside)}"
    names = [band["name"] for band in show_forecast(service, "ALFA", 3, 730, None).chart["bands"]]
    assert told in names
    without = show_forecast(service, "ALFA", 3, 730, None, before=False).chart["bands"]
    assert not any("before" in band["name"] for band in without)


def test_said_is_what_was_written_down_before_it_came_as_it_was_written_and_the_rest_would_have_been(
    own_world,
):
    version = own_world.register()
    prices = read_prices(own_world.experiment, own_world.home)
    live, late = prices["date"].unique().sort()[-6], prices["date"].unique().sort()[-5]
    for day, early in ((live, True), (late, False)):
        said = stamp(
            own_world.forecaster.named(own_world.name, version.version).predict(prices, as_of=day), version
        )
        wide = said.with_columns(lower=pl.lit(-9.0), upper=pl.lit(9.0))
        write_forecast(own_world.home, own_world.name, wide, written=NOW, live=early)
    service = own_world.service()
    answer = service.single("ALFA")
    earlier = service.earlier(answer, service.history("ALFA", unit=answer.as_of), 3, since=SINCE)
    (own,) = earlier.rows.filter("said").iter_rows(named=True)
    assert (own["lower"] < 0.001 * own["came"], own["due"]) == (True, prices["date"].unique().sort()[-3])
    names = [band["name"] for band in show_forecast(service, "ALFA", 3, 730, None).chart["bands"]]
    (told,) = [name for name in names if "before" in name]
    assert told.startswith("Would have said 3 sessions before: held ")
    assert told.endswith("; said 3 sessions before: held 1 of 1")


def test_of_a_past_day_only_what_had_come_by_then_is_shown(service, world):
    day = world.evidence.unseen + dt.timedelta(days=20)
    answer = service.single("ALFA", date=day)
    history = service.history("ALFA", unit=answer.as_of)
    earlier = service.earlier(answer, history, 1, since=SINCE)
    assert earlier.rows["due"].max() == answer.as_of
