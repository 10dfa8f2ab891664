"""`lineage` tells what each forecast came of; of an edited bar exactly what is stale, and a command that mends it."""

import datetime as dt
import hashlib
import json
import shlex
import shutil
from pathlib import Path

import polars as pl
import pytest

from ml_core.data.prices import data_version, read_prices
from ml_core.data.store.forecasts import read_forecast, write_forecast
from ml_core.data.store.store import open_store
from ml_core.forecaster.files import WEIGHTS
from ml_core.frames import ANSWERED
from ml_core.home.settings import Home, open_home
from ml_core.registry.versions import Registry
from tests.cli.command_line import run
from tests.market import FEATURES, NOW, small_experiment

DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def sessions(champion) -> list[dt.date]:
    prices = read_prices(small_experiment(), open_home(Path(champion)))
    return prices["date"].unique().sort().to_list()


@pytest.fixture(scope="module")
def spoken(file, champion, sessions) -> str:
    """The home with two kept forecasts: of the newest session, and of twenty before."""
    assert run("predict", file, "--home", champion).exit_code == 0
    assert (
        run("predict", file, "--home", champion, "--version", "1", "--as-of", f"{sessions[-21]}").exit_code
        == 0
    )
    return champion


def edit(home: Home, ticker: str, day: dt.date) -> None:
    """The provider says another close of that day now."""
    bars = open_store(small_experiment(), home).bars
    told = bars.read((ticker,), since=day, until=day)
    bars.write(told.with_columns(close=pl.col("close") * 1.01), observed_at=NOW + DAY)


def tell(file: str, home: str, *options: str, code: int = 0) -> dict:
    done = run("lineage", file, *options, "--home", home, "--json")
    assert done.exit_code == code, done.stderr
    return json.loads(done.stdout)


def test_of_a_served_number_the_bars_features_search_weights_and_writer_are_told(file, spoken, sessions):
    home = open_home(Path(spoken))
    (origin,) = tell(file, spoken, "ALFA")["origins"]
    registered = Registry(home).find("small.simulated", "1")
    assert (origin["version"], origin["session"]) == ("1", f"{sessions[-1]}")
    assert {(row["ticker"], row["horizon"], row["by"]) for row in origin["forecasts"]} == {
        ("ALFA", 1, "candorcast predict"),
        ("ALFA", 3, "candorcast predict"),
    }
    assert all(row["written"] and row["live"] is False for row in origin["forecasts"])
    own, whole = origin["bars"]["own"], origin["bars"]["whole"]
    assert own["data_version"] == data_version(small_experiment(), home)
    assert (own["tickers"], own["bars"], own["first"], own["last"]) == (
        1, 260, f"{sessions[0]}", f"{sessions[-1]}",
    )  # fmt: skip
    assert (whole["tickers"], whole["bars"]) == (6, 6 * 260)
    assert all(dt.datetime.fromisoformat(seen) == NOW for seen in own["seen"])
    (fitted,) = origin["fitted"]
    assert fitted["weights"] == hashlib.sha256((registered.folder / WEIGHTS).read_bytes()).hexdigest()
    assert set(fitted["features"]) <= set(FEATURES)
    assert (fitted["family"], fitted["searched"], fitted["parent"]) == ("lstm", 7, None)
    shown = run("lineage", file, "ALFA", "--home", spoken)
    for told in (
        "said      ALFA 1 ahead",
        "by candorcast predict; late",
        "260 bars",
        fitted["weights"],
        "search of 7",
    ):
        assert told in shown.stdout


def test_a_session_that_nobody_forecast_is_refused_with_those_that_are_kept(file, spoken, sessions):
    done = run("lineage", file, "--as-of", f"{sessions[-2]}", "--home", spoken)
    assert done.exit_code == 2
    told = f"2 from {sessions[-21]} to {sessions[-1]} are; the nearest before it is {sessions[-21]}"
    assert told in " ".join(done.stderr.split())
    assert "no forecast of NOPE is kept" in run("lineage", file, "NOPE", "--home", spoken).stderr
    assert run("lineage", file, "ALFA", "--stale", "--home", spoken).exit_code == 2


def test_a_refit_goes_back_to_the_version_that_was_searched(file, spoken):
    done = run("refit", file, "--always", "--home", spoken)
    assert done.exit_code in (0, 1), done.stderr
    assert run("predict", file, "--version", "2", "--home", spoken).exit_code == 0
    (origin,) = tell(file, spoken, "--version", "2")["origins"]
    assert [one["version"] for one in origin["fitted"]] == ["2", "1"]
    assert origin["fitted"][0]["parent"] == "1"
    assert "fitted again from version 1 through" in run("lineage", file, "--home", spoken).stdout


def test_of_a_version_that_is_gone_it_cannot_be_told_and_that_is_not_said_to_be_fresh(file, spoken, tmp_path):
    home = shutil.copytree(spoken, tmp_path / "home")
    name = small_experiment().model_name
    said = read_forecast(open_home(home), name).filter(pl.col("version") == "1")
    gone = said.select(list(ANSWERED)).with_columns(version=pl.lit("99"))
    write_forecast(open_home(home), name, gone, written=dt.datetime.now(dt.UTC), live=False)
    done = run("lineage", file, "--stale", "--home", str(home))
    assert done.exit_code == 1
    assert "version 99: cannot be told: it is registered no more" in done.stdout
    assert done.stdout.rstrip().endswith("nothing else is stale")


def test_an_edited_bar_makes_stale_exactly_what_reads_it_and_the_printed_commands_mend_it(
    file, spoken, sessions
):
    assert tell(file, spoken, "--stale")["forecasts"] == []
    assert "nothing is stale" in run("lineage", file, "--stale", "--home", spoken).stdout
    edit(open_home(Path(spoken)), "BRAV", sessions[-4])
    told = tell(file, spoken, "--stale", code=1)
    (bar,) = told["edits"]
    assert (bar["table"], bar["name"], bar["date"], bar["what"]) == (
        "bars",
        "BRAV",
        f"{sessions[-4]}",
        "changed",
    )
    assert bar["told"].startswith("close ")
    judged = {one["version"]: (one["learned"], one["judged"]) for one in told["versions"]}
    assert judged["1"] == (0, 1), "the holdout alone holds that session"
    stale = {(one["version"], one["as_of"]): one["tickers"] for one in told["forecasts"]}
    assert set(stale) == {("1", f"{sessions[-1]}"), ("2", f"{sessions[-1]}")}, (
        "twenty sessions before it, none"
    )
    assert all("BRAV" in tickers for tickers in stale.values())
    again = [command for command in told["run"] if " predict " in command]
    assert len(again) == 2
    for command in again:
        done = run(*shlex.split(command)[1:])
        assert done.exit_code == 0, done.stderr
    assert tell(file, spoken, "--stale", code=1)["forecasts"] == []
    later = tell(file, spoken, "BRAV", "--version", "1")["origins"][0]
    assert later["said_later"] and later["bars"]["own"]["data_version"] < told["newest"], (
        "what was said first stands"
    )


def test_a_bar_that_a_version_learned_from_asks_for_a_refit_which_reads_it_as_it_stands(
    file, spoken, sessions
):
    edit(open_home(Path(spoken)), "CHAR", sessions[60])
    before = tell(file, spoken, "--stale", code=1)
    champion = next(one for one in before["versions"] if one["seat"] == "champion")
    assert champion["learned"] >= 1
    assert champion["judged"] == 1, (
        "the holdout of whom it was fitted again from was edited, so it is judged anew"
    )
    assert any(" search " in command for command in before["run"])
    (again,) = [command for command in before["run"] if " refit " in command]
    assert run(*shlex.split(again)[1:]).exit_code in (0, 1)
    newest = Registry(open_home(Path(spoken))).versions("small.simulated")[0]
    assert newest.evidence.data_version == before["newest"]
    after = {one["version"]: one for one in tell(file, spoken, "--stale", code=1)["versions"]}
    assert after[newest.version]["learned"] == 0
