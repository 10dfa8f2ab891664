"""`predict --from --to` forecasts each past session once, as of its own day, and says of each that failed why."""

import json
from pathlib import Path

import pytest

from ml_core.data.prices import read_prices
from ml_core.data.store.forecasts import read_forecast, read_later
from ml_core.home.settings import open_home
from tests.cli.command_line import run
from tests.market import small_experiment


@pytest.fixture(scope="module")
def days(champion) -> list[str]:
    prices = read_prices(small_experiment(), open_home(Path(champion)))
    return [f"{day}" for day in prices["date"].unique().sort()]


def tell(file: str, home: str, *options: str, code: int = 0) -> dict:
    done = run("predict", file, *options, "--home", home, "--json")
    assert done.exit_code == code, done.stderr
    return json.loads(done.stdout)


def test_each_session_of_the_range_is_forecast_once_and_marked_late(file, champion, days):
    assert run("predict", file, "--as-of", days[-6], "--version", "1", "--home", champion).exit_code == 0
    asked = ("--from", days[-8], "--to", days[-3], "--version", "1")
    done = tell(file, champion, *asked)
    assert [row["session"] for row in done["sessions"]] == [days[-8], days[-7], days[-5], days[-4], days[-3]]
    assert (done["stood"], done["failed"]) == (1, {})
    kept = read_forecast(open_home(Path(champion)), "small.simulated")
    assert sorted({f"{day}" for day in kept["as_of"]}) == days[-8:-2]
    assert not kept["live"].any()
    single = tell(file, champion, "--as-of", days[-4], "--version", "1")["forecasts"]
    assert single == [row for row in done["forecasts"] if row["as_of"] == days[-4]], (
        "the same numbers as alone"
    )


def test_a_range_that_stands_is_left_in_one_line(file, champion, days):
    asked = ("predict", file, "--from", days[-8], "--to", days[-3], "--version", "1", "--home", champion)
    done = run(*asked)
    assert (done.exit_code, done.stdout.strip()) == (0, "nothing to do: all 6 sessions stand already")
    corrected = run(*asked, "--corrected")
    assert corrected.stdout.strip() == done.stdout.strip(), "no bar was edited since"
    assert read_later(open_home(Path(champion)), "small.simulated").is_empty()


def test_a_session_that_fails_is_told_and_keeps_no_other_from_its_turn(file, champion, days):
    first = run("predict", file, "--as-of", days[3], "--home", champion).stderr.split()[-1]
    start = days.index(first)
    done = tell(file, champion, "--from", days[start - 2], "--to", days[start + 1], "--version", "1", code=1)
    assert list(done["failed"]) == [days[start - 2], days[start - 1]]
    assert all("too little history" in why for why in done["failed"].values())
    assert [row["session"] for row in done["sessions"]] == [first, days[start + 1]]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--to", "2019-01-02"), "expected --from DATE"),
        (("--from", "2018-09-03", "--as-of", "2018-09-04"), "no --as-of"),
        (("--from", "2018-13-01"), "--from 2018-13-01: expected a date"),
        (
            ("--from", "2018-09-05", "--to", "2018-09-04"),
            "expected a range that ends when it begins or later",
        ),
        (("--from", "1990-01-01", "--to", "1990-02-01"), "no session is stored in that range"),
        (("--from", "2018-09-05", "--to", "2999-01-01"), "lies in the future"),
        (("--corrected",), "expected it beside --as-of or --from"),
    ],
)
def test_a_range_that_cannot_be_is_refused(file, champion, asked, told):
    done = run("predict", file, *asked, "--home", champion)
    assert done.exit_code == 2
    assert told in " ".join(done.stderr.split())
