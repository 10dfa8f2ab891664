"""Old prices are told: the exchange has closed sessions since, and nobody fetched them."""

import datetime as dt

import pytest

from ml_core.data.age import count_behind, market_clock, tell_old
from tests.market import small_experiment

NOW = dt.datetime(2026, 1, 9, 22, tzinfo=dt.UTC)  # a Friday, after the close
FILES = {"source": "files", "files": {"path": "a.parquet"}}


@pytest.mark.parametrize(
    ("newest", "behind"),
    [("2026-01-09", 0), ("2026-01-08", 1), ("2026-01-02", 5), ("2025-12-31", 6), ("2026-01-12", 0)],
)
def test_only_closed_sessions_of_the_exchange_count(newest, behind):
    found = count_behind(small_experiment(data=FILES), dt.date.fromisoformat(newest), now=NOW)
    assert found == behind


def test_a_week_is_forgiven_and_more_is_told_with_what_brings_newer_ones():
    experiment = small_experiment(data=FILES)
    assert tell_old(experiment, dt.date(2026, 1, 2), now=NOW) == ""
    told = tell_old(experiment, dt.date(2025, 12, 31), now=NOW)
    assert told == "prices end on 2025-12-31, 6 sessions ago; run: candorcast refresh small"


def test_a_week_that_has_not_ended_makes_no_weekly_bar_old():
    weekly = small_experiment(data=FILES, task={"frequency": "weekly"})
    assert tell_old(weekly, dt.date(2025, 12, 31), now=NOW) == ""
    assert "11 sessions ago" in tell_old(weekly, dt.date(2025, 12, 23), now=NOW)


def test_what_cannot_grow_is_never_old():
    assert tell_old(small_experiment(), dt.date(2020, 1, 2), now=NOW) == "", "a simulated market"
    ended = small_experiment(data=FILES | {"end": "2024-12-31"})
    assert tell_old(ended, dt.date(2024, 12, 31), now=NOW) == ""
    assert "sessions ago" in tell_old(ended, dt.date(2024, 6, 28), now=NOW)
    own = small_experiment(data=FILES, universe={"calendar": "data"})
    assert tell_old(own, dt.date(2020, 1, 2), now=NOW) == ""


def test_in_a_market_in_which_nothing_is_to_come_the_clock_stands_at_its_end():
    newest = dt.date(2024, 12, 31)
    end = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    ended = small_experiment(data=FILES | {"end": "2024-12-31"})
    assert market_clock(small_experiment(), newest, now=NOW) == end
    assert market_clock(ended, newest, now=NOW) == end
    assert market_clock(small_experiment(data=FILES), newest, now=NOW) == NOW
