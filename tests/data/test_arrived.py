"""What a source gave is put together again from what is stored and what was found, and judged as it was then."""

import datetime as dt

import polars as pl
import pytest

from ml_core.data.intake.arrived import check_arrived, read_arrived, tell_known
from ml_core.frames import KEYS
from tests.data.loopback_yahoo import Listing
from tests.data.refreshing import make_experiment, run, stored
from tests.data.test_yahoo import SESSIONS, make_rows


def rough_rows() -> list[tuple]:
    """A bar in another unit that returns, and a high below its low."""
    rows = make_rows(SESSIONS[:60])
    day, *prices, volume = rows[40]
    rows[40] = (day, *(price * 100 for price in prices), volume)
    rows[50] = (*rows[50][:2], rows[50][3], rows[50][2], *rows[50][4:])
    return rows


@pytest.fixture
def refreshed(market, home):
    market.listings["AAA"] = Listing(rough_rows())
    run(market, home, until=60, tickers=("AAA",))
    return make_experiment(["AAA"]), home


def test_repaired_and_refused_bars_are_put_back_as_they_came(refreshed):
    arrived = read_arrived(*refreshed)
    assert arrived["date"].to_list() == SESSIONS[:60]
    for place in (40, 50):
        given = rough_rows()[place]
        assert arrived.select("high", "low", "close").row(place) == pytest.approx(
            (given[2], given[3], given[4])
        )


def test_judged_again_they_are_what_is_stored(refreshed):
    experiment, home = refreshed
    kept = stored(home).bars.read(("AAA",))
    again = check_arrived(experiment, read_arrived(experiment, home)).sound
    columns = [*KEYS["bars"], "open", "high", "low", "close", "volume", "dividend", "split"]
    assert again.select(columns).equals(kept.select(columns))


def test_a_bar_that_a_later_one_explains_is_known_then_and_all_others_on_their_day(refreshed):
    experiment, home = refreshed
    told = tell_known(check_arrived(experiment, read_arrived(experiment, home)))
    late = told.filter(pl.col("known") > pl.col("date")).select("date", "known").rows()
    assert late == [(SESSIONS[40], SESSIONS[41])] and isinstance(late[0][0], dt.date)
