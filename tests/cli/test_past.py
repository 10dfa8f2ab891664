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
