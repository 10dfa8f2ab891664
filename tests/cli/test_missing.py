"""One ticker without bars stops no command: it is named with the reason, and the exit code is 1."""

import json
from pathlib import Path

import pytest

from ml_core.data.order import place_order
from ml_core.home.settings import open_home
from serving.service import Service
from tests.cli.command_line import run
from tests.market import NOW, small_experiment

TICKERS = 'universe.tickers=["ALFA", "BRAV", "CHAR", "DELT", "ECHO", "FOXT", "NOPE"]'


@pytest.mark.parametrize(
    "command",
    [["evaluate"], ["backtest", "--walk"], ["backtest"], ["predict"], ["audit", "--dates", "3"], ["export"]],
    ids=" ".join,
)
def test_it_is_left_out_and_named(file, champion, tmp_path, command):
    out = ["--out", str(tmp_path / "out")] if command[0] == "export" else []
    verb, *options = command
    done = run(verb, file, *options, *out, "--home", champion, "--set", TICKERS, "--json")
    assert done.exit_code == 1, done.stderr
    assert "NOPE: " in done.stderr and "no bars stored" in done.stderr
    assert f"candorcast refresh {file} --set" in done.stderr
    missing = json.loads(done.stdout)["missing"]
    assert list(missing) == ["NOPE"] and "no bars stored" in missing["NOPE"]
    assert f"candorcast refresh {file} --set" in missing["NOPE"]


def test_the_app_names_it_and_answers_for_the_others(champion):
    universe = {"tickers": ("ALFA", "BRAV", "CHAR", "DELT", "ECHO", "FOXT", "NOPE")}
    service = Service(
        place_order(small_experiment(universe=universe), open_home(Path(champion))), clock=lambda: NOW
    )
    answer = service.batch()
    assert len(answer.predictions) == 6
    run_again = f"run: candorcast refresh small --home {Path(champion).resolve()}"
    assert answer.failed == {"NOPE": f"'NOPE': no bars stored; {run_again}"}
