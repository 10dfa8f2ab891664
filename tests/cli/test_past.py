"""`predict --as-of` says who answers for that day, and marks what the model has learned from."""

import datetime as dt
import json
from pathlib import Path

import polars as pl

from ml_core.home.settings import open_home
from ml_core.registry.versions import Registry
from tests.cli.command_line import run


def test_a_day_that_the_model_learned_from_is_marked_on_the_screen_in_the_file_and_in_the_document(
    file, champion, tmp_path
):
    found = Registry(open_home(Path(champion))).find("small.simulated")
    day = str(found.evidence.holdout.start - dt.timedelta(days=1))
    out = tmp_path / "past.csv"
    shown = run("predict", file, "--as-of", day, "--out", str(out), "--home", champion)
    assert shown.exit_code == 0, shown.stderr
    assert "in sample" in shown.stdout
    assert f"version {found.version} learned from " in shown.stdout
    assert f"nobody answered for that day then: version {found.version} was made later" in shown.stdout
    assert pl.read_csv(out)["in_sample"].all()
    told = json.loads(run("predict", file, "--as-of", day, "--home", champion, "--json").stdout)
    assert {row["in_sample"] for row in told["forecasts"]} == {True}
    assert any("in_sample" in note for note in told["notes"])
    today = json.loads(run("predict", file, "--home", champion, "--json").stdout)
    assert {row["in_sample"] for row in today["forecasts"]} == {False}
    assert today["notes"] == []


def test_a_day_before_all_forecasts_has_one_reason_and_names_the_first_that_has_one(file, champion):
    asked = ("predict", file, "--home", champion, "--as-of")
    before, early = run(*asked, "1990-01-01"), run(*asked, "2018-01-05")
    first = before.stderr.split()[-1]
    told = "candorcast: no forecast: no prices up to 1990-01-01: they begin on 2018-01-02; the first day that can be"
    assert " ".join(before.stderr.split()) == f"{told} answered is {first}"
    assert "no forecast: too little history up to 2018-01-05, prices begin on 2018-01-02; " in early.stderr
    assert early.stderr.split()[-1] == first
    assert (before.exit_code, early.exit_code) == (2, 2)
    assert run(*asked, first).exit_code == 0
    assert run(*asked, str(dt.date.fromisoformat(first) - dt.timedelta(days=1))).exit_code == 2


def test_a_day_without_a_session_says_whose_forecast_it_is(file, champion):
    done = run("predict", file, "--as-of", "2018-12-30", "--home", champion)
    assert (
        "no session of 2018-12-30 is stored: the forecast is that of 2018-12-28, the last one before it"
        in done.stdout
    )
