"""When deployments run: after the close of the experiment's own exchange, by its own clocks."""

import asyncio
import datetime as dt
import zoneinfo
from pathlib import Path

import pytest
from prefect.server.schemas.schedules import CronSchedule

from flows.timetable import AFTER_CLOSE, cron, variables
from ml_core.data.calendar import last_closed_session, sessions_between, week_of
from ml_core.home.settings import open_home
from ml_core.spec.file import read_experiment

NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("exchange", "zone", "line"),
    [
        ("XNYS", "America/New_York", "30 18 * * 1,2,3,4,5"),
        ("XTKS", "Asia/Tokyo", "0 18 * * 1,2,3,4,5"),
        ("XSAU", "Asia/Riyadh", "30 17 * * 0,1,2,3,4"),
        ("24/7", "UTC", "30 2 * * *"),
        ("data", "UTC", "30 2 * * *"),
    ],
)
def test_a_refresh_is_two_and_a_half_hours_after_the_close_where_the_exchange_is(exchange, zone, line):
    week = week_of(exchange, NOW)
    assert (week.zone, cron(week, AFTER_CLOSE["REFRESH"])) == (zone, line)


def test_what_runs_after_a_close_late_in_the_day_runs_on_the_day_after():
    week = week_of("CMES", NOW)
    assert cron(week, dt.timedelta(hours=8)) == "0 1 * * 2,3,4,5,6"


@pytest.mark.parametrize("exchange", ["XNYS", "XTKS", "XLON", "XSAU"])
def test_whenever_a_refresh_runs_the_session_of_the_day_has_closed_half_days_and_summer_time_included(
    exchange,
):
    """A year of the runs that Prefect itself makes of it: one after every session, none before its close."""
    week = week_of(exchange, NOW)
    schedule = CronSchedule(cron=cron(week, AFTER_CLOSE["REFRESH"]), timezone=week.zone)
    start = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    runs = asyncio.run(schedule.get_dates(n=400, start=start, end=start + dt.timedelta(days=365)))
    own = [dt.datetime.fromtimestamp(run.timestamp(), zoneinfo.ZoneInfo(week.zone)) for run in runs]
    sessions = sessions_between(exchange, dt.date(2025, 1, 2), dt.date(2025, 12, 30))
    assert {run.date() for run in own} >= set(sessions)
    for run in own:
        if run.date() in set(sessions):
            assert last_closed_session(exchange, run) == run.date()


def test_the_variables_of_a_weekly_experiment_name_it_and_its_file(tmp_path: Path):
    told = variables("weekly_etfs", read_experiment("weekly_etfs"), open_home(tmp_path), now=NOW)
    assert told["CANDORCAST_NAME"] == told["CANDORCAST_EXPERIMENT"] == "weekly_etfs"
    assert told["CANDORCAST_ZONE"] == "America/New_York"
