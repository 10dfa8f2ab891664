"""The command line as a user meets it when all goes well: every command once, in the order of the story."""

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from ml_core.frames import FORECAST, SCORED
from ml_core.portfolio.comparison import ACCOUNTS
from tests.cli.command_line import run, walkforward
from tests.market import small_experiment, write_experiment


def test_the_whole_story_from_bars_to_a_rollback(new_home, tmp_path):
    gate = {"beat": [], "coverage_tolerance": 0.5, "deflated_sharpe": 0.0}
    search = {"families": ["lstm"], "trials": 2, "epochs": 1}
    file, root = str(write_experiment(tmp_path, gate=gate, search=search)), str(new_home().root)
    told = ("--home", root, "--json")

    done = walkforward("refresh", file, *told)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["inserted"] == 6 * 260
    assert json.loads(run("refresh", file, *told).stdout)["inserted"] == 0  # what stands is not written again

    done = run("evaluate", file, "--out", str(tmp_path / "out"), *told)
    assert done.exit_code == 0, done.stderr
    forecasts = pl.read_parquet(tmp_path / "out" / "forecasts.parquet")
    assert forecasts.schema == SCORED
    traded = pl.read_parquet(tmp_path / "out" / "backtest.parquet")
    assert traded.schema == pl.Schema({"split": pl.String, **ACCOUNTS})
    assert (
        json.loads((tmp_path / "out" / "scores.json").read_text())["scores"]
        == json.loads(done.stdout)["scores"]
    )

    held = pl.read_csv(tmp_path / "out" / "coverage.csv")
    assert set(held["by"]) == {"all", "volatility", "year"}
    whole = held.filter(split="holdout", horizon=1, by="all")["rows"].item()
    for by in ("volatility", "year"):
        assert held.filter(split="holdout", horizon=1, by=by)["rows"].sum() == whole

    assert (tmp_path / "out" / "equity.png").read_bytes().startswith(b"\x89PNG")
    done = run("audit", file, "--dates", "3", *told)
    assert done.exit_code == 0, done.stderr
    audited = json.loads(done.stdout)
    assert audited["findings"] == []
    assert {"features", "scaler", "positions"} <= {row["stage"] for row in audited["compared"]}

    first = walkforward("search", file, *told)
    assert first.returncode == 0, first.stderr
    document = json.loads(first.stdout)
    assert document["promoted"]
    assert document["search"]["trials"] == 2
    assert document["spec"].startswith("[task]")
    moved = Path(root).rename(tmp_path / "moved")
    assert run("predict", file, "--home", str(moved)).exit_code == 0  # a home may be moved
    moved.rename(root)

    done = run("predict", file, "--out", str(tmp_path / "last.csv"), *told)
    assert done.exit_code == 0, done.stderr
    assert len(json.loads(done.stdout)["forecasts"]) == 6 * 2
    assert pl.read_csv(tmp_path / "last.csv").columns == list(FORECAST)

    day = forecasts.filter(split="holdout")["as_of"].unique().sort()[10]
    past = json.loads(run("predict", file, "--as-of", str(day), *told).stdout)["forecasts"]
    assert {row["as_of"] for row in past} == {str(day)}

    done = run("audit", "small.simulated", "--dates", "3", "--home", root)
    assert done.exit_code == 0, done.stderr
    assert "rows compared: nothing knows the future" in done.stdout

    again = run("rollback", file, *told)
    assert again.exit_code == 2
    assert "no version before 1 passed the gate" in again.stderr
    from ml_core.registry import Registry
    from ml_core.settings import open_home

    registry = Registry(open_home(Path(root)))
    champion = registry.find("small.simulated")
    second = registry.register(registry.load(champion), "small.simulated", champion.evidence)
    registry.promote("small.simulated", second.version)
    listed = json.loads(run("models", file, *told).stdout)
    assert [(row["version"], row["aliases"]) for row in listed] == [("2", ["champion"]), ("1", [])]
    assert listed[1]["evidence"]["gate"]["passed"]
    back = run("rollback", file, *told)
    assert json.loads(back.stdout) == {"model": "small.simulated", "from": "2", "to": "1"}
    assert run("rollback", file, "--version", "9", *told).exit_code == 2
    assert registry.find("small.simulated").version == "1"
    assert "champion" in run("models", file, "--home", root).stdout
    assert json.loads(run("vacuum", file, *told).stdout)["kept"] == [champion.evidence["data_version"]]


def test_what_is_stored_is_shown_as_tables_and_as_a_picture(file, home, tmp_path):
    picture = tmp_path / "bars.html"
    shown = run("data", file, "--home", home, "--out", str(picture))
    assert shown.exit_code == 0, shown.stderr
    assert "stationarity" in shown.stdout
    assert picture.stat().st_size > 1000
    document = json.loads(run("data", file, "--home", home, "--json").stdout)
    assert {row["ticker"] for row in document["coverage"]} == set(small_experiment().universe.tickers)
    assert run("data", file, "--home", home, "--out", str(tmp_path / "bars.doc")).exit_code == 2


def test_a_refresh_that_brings_some_ends_with_1_and_names_the_others(tmp_path):
    days = [dt.date(2024, 1, day) for day in (2, 3, 4)]
    pl.DataFrame({"date": days, "ticker": "AAA", "close": [1.0, 1.1, 1.2]}).write_parquet(
        tmp_path / "a.parquet"
    )
    data = {"source": "files", "files": {"path": "a.parquet"}}
    file = str(write_experiment(tmp_path, universe={"tickers": ["AAA", "BBB"]}, data=data))
    done = run("refresh", file, "--home", str(tmp_path / "home"), "--json")
    assert done.exit_code == 1
    assert "BBB: unknown: 'BBB' is not in" in done.stderr
    document = json.loads(done.stdout)
    assert document["inserted"] == 3
    assert [row["status"] for row in document["tickers"].values()] == ["ok", "unknown"]
    shown = run("data", file, "--home", str(tmp_path / "home"))
    assert "unknown" in shown.stdout and shown.exit_code == 0


def test_freeing_space_keeps_the_bars_readable(file, home):
    freed = run("vacuum", file, "--home", home, "--json")
    assert freed.exit_code == 0, freed.stderr
    assert json.loads(freed.stdout)["kept"] == []
    assert json.loads(run("refresh", file, "--home", home, "--json").stdout)["inserted"] == 0


def test_a_home_may_have_spaces_and_letters_of_any_language(file, tmp_path):
    home = str(tmp_path / "a home" / "hünï 日本")
    assert run("refresh", file, "--home", home).exit_code == 0
    done = run("evaluate", file, "--home", home, "--out", str(tmp_path / "out [red]"))
    assert done.exit_code == 0, done.stderr
    assert "out [red]" in done.stdout


def test_a_relative_path_in_the_file_is_meant_from_the_files_own_folder(tmp_path, monkeypatch):
    from ml_core.experiment_file import read_experiment

    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\n[universe]\ntickers = ["A"]\n[data]\nsource = "files"\n[data.files]\npath = "a.csv"\n'
    )
    monkeypatch.chdir("/")
    assert read_experiment(str(path)).data.options["files"]["path"] == str(tmp_path / "a.csv")


def test_nothing_registered_is_no_error(file, home):
    done = run("models", file, "--home", home, "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, [])


@pytest.mark.usefixtures("ray_cluster")
def test_a_search_that_the_gate_refuses_ends_with_1_and_keeps_its_version(home, tmp_path):
    file = str(
        write_experiment(tmp_path, gate={"significance": 1e-9}, search={"families": ["lstm"], "epochs": 1})
    )
    done = run("search", file, "--trials", "1", "--home", home, "--set", "name=refused")
    assert done.exit_code == 1, done.stderr
    assert "refused by the gate" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert run("predict", file, "--home", home, "--set", "name=refused").exit_code == 2
    assert run("predict", file, "--version", "1", "--home", home, "--set", "name=refused").exit_code == 0
