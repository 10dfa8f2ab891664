"""`init` writes a first file that can be read, worked with and checked by an editor, and never writes over another."""

import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from ml_core.spec.file import read_experiment
from ml_core.spec.plain import plain
from tests.cli.command_line import CANDORCAST, run
from tests.market import simulate_prices


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hints(told: str) -> list[str]:
    return re.findall(r"^  (candorcast .+)$", told, flags=re.MULTILINE)


@pytest.mark.parametrize("frequency", ["daily", "weekly"])
def test_what_it_writes_is_read_as_asked_and_an_editor_finds_nothing_in_it(folder, frequency):
    done = run("init", "mine", "--tickers", "SPY, QQQ,BRK-B", f"--{frequency}")
    assert done.exit_code == 0, done.stderr
    text = (folder / "experiments" / "mine.toml").read_text(encoding="utf-8")
    experiment = read_experiment("mine")
    assert experiment.name == "mine"
    assert experiment.universe.tickers == ("SPY", "QQQ", "BRK-B")
    assert experiment.task.frequency == frequency
    schema = re.search(r"^#:schema \./(.+)$", text, flags=re.MULTILINE)
    assert schema
    checked = Draft7Validator(json.loads((folder / "experiments" / schema[1]).read_text(encoding="utf-8")))
    assert [error.message for error in checked.iter_errors(plain(tomllib.loads(text)))] == []


@pytest.mark.parametrize("frequency", ["daily", "weekly"])
def test_every_example_behind_a_mark_can_be_taken(folder, frequency):
    run("init", "mine", "--tickers", "SPY,QQQ", f"--{frequency}")
    file = folder / "experiments" / "mine.toml"
    text = file.read_text(encoding="utf-8")
    examples = re.findall(r"^# (?=\w+ = )", text, flags=re.MULTILINE)
    assert len(examples) > 8
    for place in range(len(examples)):
        places = [found.start() for found in re.finditer(r"^# (?=\w+ = )", text, flags=re.MULTILINE)]
        file.write_text(text[: places[place]] + text[places[place] + 2 :], encoding="utf-8")
        if (
            "select = " not in text[places[place] :].splitlines()[0]
        ):  # it chooses from groups: taken with them below
            read_experiment("mine")
    file.write_text(re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE), encoding="utf-8")
    assert read_experiment("mine").features.groups


def test_the_commands_that_it_prints_work_as_printed(folder):
    file = folder / "bars.csv"
    prices = simulate_prices(tickers=3, sessions=900).select("ticker", "date", "close")
    prices.write_csv(file)
    names = ",".join(prices["ticker"].unique(maintain_order=True))
    done = run("init", "mine", "--tickers", names, "--source", "files", "--path", "bars.csv")
    refresh, _ = hints(done.stdout)
    assert shlex.split(refresh) == ["candorcast", "refresh", "mine"]
    ended = subprocess.run(
        [CANDORCAST, *shlex.split(refresh)[1:]], capture_output=True, text=True, timeout=200
    )
    assert ended.returncode == 0, ended.stderr
    assert "2700 bars new" in ended.stdout


def test_its_file_can_be_tried_on_a_simulated_market():
    run("init", "mine", "--tickers", "SPY,QQQ", "--weekly")
    done = run(
        "refresh", "mine", "--set", "data.source=simulated", "--set", "data.simulated.sessions=200", "--json"
    )
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["inserted"] == 400


def test_a_file_of_that_name_is_not_written_over(folder):
    run("init", "mine", "--tickers", "SPY")
    file = folder / "experiments" / "mine.toml"
    file.write_text("mine", encoding="utf-8")
    done = run("init", "mine", "--tickers", "QQQ")
    assert (done.exit_code, file.read_text(encoding="utf-8")) == (2, "mine")
    assert f"{file.relative_to(folder)} is there already and is not written over" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ("a/b", "--tickers", "SPY"),
            "init a/b: expected a name of letters, digits, - and _ only such as my_etfs",
        ),
        (
            ("demo", "--tickers", "SPY"),
            "init demo: an experiment of that name is shipped; choose another name",
        ),
        (
            ("x", "--tickers", "SPY", "--daily", "--weekly"),
            "--daily, --weekly: a forecast is made daily or weekly; expected one of them",
        ),
        (
            ("x", "--weekly", "--tickers", "SPY", "--daily"),
            "--daily, --weekly: a forecast is made daily or weekly; expected one of them",
        ),
        (("x", "--tickers", ""), "--tickers: expected tickers without spaces and slashes"),
        (("x", "--tickers", "SPY,,QQQ"), "--tickers: expected tickers without spaces and slashes"),
        (
            ("x", "--tickers", "SPY;QQQ"),
            "--tickers: 'SPY;QQQ' is no ticker; expected tickers parted by commas",
        ),
        (("x", "--tickers", "SPY,SPY"), "--tickers: listed more than once: SPY"),
        (("x", "--tickers", "A/B"), "--tickers: expected tickers without spaces and slashes"),
        (
            ("x", "--tickers", "SPY", "--source", "yaho"),
            "--source yaho: unknown source; did you mean 'yahoo'?",
        ),
        (("x", "--tickers", "SPY", "--source", "files"), "--source files: expected --path as well"),
        (("x", "--tickers", "SPY", "--path", "bars.csv"), "--path bars.csv: it belongs to --source files"),
        (
            ("x", "--tickers", "SPY", "--source", "files", "--path", "no.csv"),
            "--path no.csv: there is no such file or folder",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name_and_nothing_is_written(folder, arguments, told):
    done = run("init", *arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"candorcast: {told}")
    assert [*folder.iterdir()] == []
