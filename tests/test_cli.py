"""The command line as a user meets it: the whole story once, and every bad input as one line with its exit code."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from flows.cli import app
from ml_core.data.refresh import refresh
from ml_core.frames import BACKTEST, FORECAST, SCORED
from tests.market import NOW, small_experiment, write_experiment

WALKFORWARD = str(Path(sys.executable).with_name("walkforward"))


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> str:
    return str(write_experiment(tmp_path_factory.mktemp("experiment")))


@pytest.fixture(scope="module")
def home(new_home) -> str:
    """A home with bars and no champion."""
    made = new_home()
    refresh(small_experiment(), made, now=NOW)
    return str(made.root)


def run(*arguments: str):
    """In this process: stdout, stderr and the exit code."""
    return CliRunner().invoke(app, arguments)


def walkforward(*arguments: str) -> subprocess.CompletedProcess:
    """The real command."""
    return subprocess.run([WALKFORWARD, *arguments], capture_output=True, text=True, timeout=200)


def files_of(folder: str) -> dict[str, int]:
    return {
        str(path): path.stat().st_size for path in sorted(Path(folder, "store").rglob("*")) if path.is_file()
    }


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
    assert pl.read_parquet(tmp_path / "out" / "backtest.parquet").schema == BACKTEST
    assert (
        json.loads((tmp_path / "out" / "scores.json").read_text())["scores"]
        == json.loads(done.stdout)["scores"]
    )

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


def test_what_is_stored_is_shown_as_tables_and_as_a_picture(file, home, tmp_path):
    picture = tmp_path / "bars.html"
    shown = run("data", file, "--home", home, "--out", str(picture))
    assert shown.exit_code == 0, shown.stderr
    assert "stationarity" in shown.stdout
    assert picture.stat().st_size > 1000
    document = json.loads(run("data", file, "--home", home, "--json").stdout)
    assert {row["ticker"] for row in document["coverage"]} == set(small_experiment().universe.tickers)
    assert run("data", file, "--home", home, "--out", str(tmp_path / "bars.doc")).exit_code == 2


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


def test_a_home_that_the_store_would_misread_is_refused(file, tmp_path):
    done = run("refresh", file, "--home", str(tmp_path / "h#a"))
    assert done.exit_code == 2
    assert "'#' in a path" in done.stderr


def test_a_damaged_store_is_told_in_one_line(file, tmp_path):
    home = tmp_path / "home"
    assert run("refresh", file, "--home", str(home)).exit_code == 0
    for part in (home / "store" / "bars").rglob("*.parquet"):
        part.write_bytes(part.read_bytes()[:100])
    done = run("evaluate", file, "--home", str(home), "--out", str(tmp_path / "out"))
    assert done.exit_code == 1
    assert "data file is" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_relative_path_in_the_file_is_meant_from_the_files_own_folder(tmp_path, monkeypatch):
    from ml_core.experiment_file import read_experiment

    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\n[universe]\ntickers = ["A"]\n[data]\nsource = "files"\n[data.files]\npath = "a.csv"\n'
    )
    monkeypatch.chdir("/")
    assert read_experiment(str(path)).data.options["files"]["path"] == str(tmp_path / "a.csv")


def test_a_day_that_has_not_come_is_refused(file, home):
    done = run("predict", file, "--home", home, "--as-of", "2999-01-01")
    assert done.exit_code == 2
    assert "expected a day that has come" in done.stderr


def test_a_search_that_the_gate_refuses_ends_with_1_and_keeps_its_version(home, tmp_path, ray_cluster):  # noqa: ARG001
    file = str(
        write_experiment(tmp_path, gate={"significance": 1e-9}, search={"families": ["lstm"], "epochs": 1})
    )
    done = run("search", file, "--trials", "1", "--home", home, "--set", "name=refused")
    assert done.exit_code == 1, done.stderr
    assert "refused by the gate" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert run("predict", file, "--home", home, "--set", "name=refused").exit_code == 2
    assert run("predict", file, "--version", "1", "--home", home, "--set", "name=refused").exit_code == 0


BAD = {
    "an unknown key": ("task.lookbak=30", "unknown key 'task.lookbak'; did you mean 'lookback'?"),
    "an unknown key of the source": ("data.simulated.sesions=3", "unknown key 'sesions'; did you mean 'sessions'?"),
    "an unknown source": ("data.source=yaho", "did you mean 'yahoo'?"),
    "an unknown family": ("model.family=lstn", "did you mean 'lstm'?"),
    "an unknown field of the family": ("model.hiden=3", "unknown key 'hiden'; did you mean 'hidden'?"),
    "an unknown feature": ('features.names=["momentun_5"]', "unknown feature 'momentun_5'; did you mean 'momentum_5'?"),
    "an unknown loss": ("training.loss=mae_loss", "unknown loss 'mae_loss'"),
    "a device that is not here": ("training.device=banana", "training.device: 'banana' cannot be used"),
    "an unknown objective": ("search.objective=icc", "search.objective: unknown metric 'icc'; did you mean 'ic'?"),
    "an objective of intervals": ("search.objective=coverage", "search.objective: 'coverage' measures intervals"),
    "an unknown baseline": ('gate.beat=["zeros"]', "gate.beat: unknown baseline 'zeros'; did you mean 'zero'?"),
    "an unknown searched family": ('search.families=["lstmm"]', "did you mean 'lstm'?"),
    "an unknown range": ('search.ranges={"lstm.hiden" = [3]}', "unknown key 'lstm.hiden'"),
    "an unknown ticker": ('universe.tickers=["ALFA", "NOPE"]', "no bars stored for NOPE; run: walkforward refresh"),
    "a horizon longer than the data": ("task.horizons=[400]", "400 is longer than the 260 sessions of data"),
    "a look-back longer than the data": ("task.lookback=300", "260 sessions from"),
    "training longer than the data": ("validation.train=500", "too few for one fold: train 500"),
    "an override that is none": ("lookback", "--set lookback: expected key=value"),
    "a store that is empty": ("data.simulated.seed=99", "no bars stored for ALFA"),
}  # fmt: skip


@pytest.mark.parametrize(("override", "told"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_that_names_it_and_exit_code_2(file, home, tmp_path, override, told):
    stored = files_of(home)
    done = run("evaluate", file, "--out", str(tmp_path), "--home", home, "--set", override)
    assert_refused(done, told)
    assert files_of(home) == stored


def assert_refused(done, told: str) -> None:
    """One line on stderr, from walkforward, and nothing on stdout."""
    assert done.exit_code == 2, (done.stderr, done.exception)
    lines = [line for line in done.stderr.splitlines() if not line.startswith(">")]
    assert len(lines) == 1, lines
    assert lines[0].startswith("walkforward: ")
    assert told in lines[0]
    assert done.stdout == ""


def test_an_unknown_experiment_is_answered_with_the_nearest(home):
    assert_refused(
        run("evaluate", "demmo", "--out", home, "--home", home), "no experiment 'demmo'; did you mean 'demo'?"
    )


def test_one_session_of_bars_is_told_in_numbers(file, home, tmp_path):
    one = ("--home", home, "--set", "data.simulated.sessions=1")
    assert run("refresh", file, *one).exit_code == 0
    assert_refused(
        run("evaluate", file, "--out", str(tmp_path), *one), "1 session of prices; expected at least 9"
    )


@pytest.mark.parametrize("command", ["refresh", "evaluate", "search", "predict", "models", "rollback"])
def test_a_home_that_cannot_be_written_is_named(file, tmp_path, command):
    (tmp_path / "taken").touch()
    out = ("--out", str(tmp_path / "out")) if command == "evaluate" else ()
    assert_refused(
        run(command, file, *out, "--home", str(tmp_path / "taken")),
        f"{tmp_path / 'taken'}: cannot be written",
    )


def test_an_output_that_cannot_be_written_is_refused_before_any_work(file, home, tmp_path):
    (tmp_path / "taken").touch()
    assert_refused(
        run("evaluate", file, "--out", str(tmp_path / "taken" / "deep"), "--home", home), "cannot be written"
    )
    for out, told in (
        (tmp_path / "taken" / "a.csv", "cannot be written"),
        (tmp_path / "a.xls", ".parquet, .csv, .json"),
    ):
        assert_refused(run("predict", file, "--out", str(out), "--home", home), f"--out {out}: ")
        assert told in run("predict", file, "--out", str(out), "--home", home).stderr


@pytest.mark.parametrize("command", ["predict", "rollback"])
def test_an_absent_champion_is_told_with_the_command_that_makes_one(file, home, command):
    assert_refused(
        run(command, file, "--home", home), f"small.simulated has no champion; run: walkforward search {file}"
    )


def test_nothing_registered_is_no_error(file, home):
    done = run("models", file, "--home", home, "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, [])


@pytest.mark.parametrize("date", ["yesterday", "2024-13-01", "01/02/2024"])
def test_a_date_that_is_none_is_named(file, home, date):
    assert_refused(
        run("predict", file, "--as-of", date, "--home", home), f"--as-of {date}: expected a date such as"
    )


def test_a_port_in_use_is_named(file, home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", file, "--port", str(port), "--home", home)
    assert_refused(done, f"--port {port}: cannot be used on 127.0.0.1")


def test_a_host_that_others_can_reach_needs_a_key(file, home, monkeypatch):
    monkeypatch.delenv("WALKFORWARD_API_KEY", raising=False)
    done = run("serve", file, "--host", "0.0.0.0", "--home", home)
    assert_refused(done, "--host 0.0.0.0 is not loopback: set WALKFORWARD_API_KEY")


@pytest.mark.parametrize(
    "arguments",
    [("predict", "--as-of", "soon"), ("predict",), ("evaluate", "--set", "nonsense", "--out", "x")],
)
def test_json_of_a_failure_is_one_document_too(file, home, arguments):
    command, *rest = arguments
    done = run(command, file, *rest, "--home", home, "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"] in " ".join(done.stderr.split())


def test_the_real_command_refuses_without_a_traceback(tmp_path):
    done = walkforward("evaluate", "demmo", "--out", str(tmp_path), "--home", str(tmp_path))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == ["walkforward: no experiment 'demmo'; did you mean 'demo'?"]


@pytest.mark.parametrize(
    "arguments", [("predicted",), ("search", "demo", "--trials", "0"), ("evaluate", "demo")]
)
def test_a_wrong_command_or_option_ends_with_2(arguments):
    assert run(*arguments).exit_code == 2
