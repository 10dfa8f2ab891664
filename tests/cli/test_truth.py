"""`candorcast truth` as a user meets it: a matrix that ends in a table, goes on where it ended, and fails in parts."""

import json
import math
import shutil
from pathlib import Path

import pytest

from tests.cli.command_line import run
from tests.market import write_experiment

FEW = ("--sessions", "330", "--tickers", "8", "--ic", "0.5", "--families", "")


@pytest.fixture(scope="module")
def truth_home(new_home) -> str:
    """A home below which the searches of empty markets find a migrated database."""
    made = new_home()
    below = made.root / "truth"
    below.mkdir()
    shutil.copy(made.root / "mlflow.db", below / "mlflow.db")
    return str(made.root)


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> str:
    names = ["gap_shock", "shock", "sector_shock", "volume_shock"]
    return str(write_experiment(tmp_path_factory.mktemp("truth"), features={"names": names}))


OPEN = (
    'gate.claims=["level"]',
    'gate.beat=["last"]',
    "gate.significance=0.3",
)  # to be nearer than the last return is not hard


def test_a_matrix_tells_what_was_recovered_and_what_was_claimed(asked, truth_home):
    wanted = ("--kinds", "linear,none", "--baselines", "ridge,ewma", "--markets", "2", "--home", truth_home)
    opened = [word for key in OPEN for word in ("--set", key)]
    done = run("truth", asked, *FEW, *wanted, *opened, "--json")
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    (linear,) = document["recovery"]
    assert linear["learners"]["ridge"]["recovered"] > 0.7
    assert linear["learners"]["ewma"]["recovered"] < 0.5
    assert linear["learners"]["ridge"]["markets"] == 2
    assert linear["best"] is None  # no network was asked for
    assert document["claims"]["promoted"] == document["claims"]["markets"] == 2  # every gate stood open
    assert document["claims"]["refused_by"] == {}
    assert len(document["cells"]) == 2 * 2 + 2

    again = run("truth", asked, *FEW, *wanted, *opened, "--resume")
    assert again.exit_code == 0, again.stderr
    assert "promoted in 2 of 2 markets (aim: at most 0)" in again.stdout
    assert "linear" in again.stdout


def test_where_nothing_is_planted_the_gate_as_it_stands_refuses_and_says_why(asked, truth_home):
    wanted = ("--kinds", "none", "--baselines", "ridge", "--home", truth_home, "--json")
    done = run("truth", asked, *FEW, *wanted)
    assert done.exit_code == 0, done.stderr
    claims = json.loads(done.stdout)["claims"]
    assert (claims["promoted"], claims["winners"]) == (0, {"ridge": 1})
    assert claims["refused_by"]["a claim proven"] == 1


def test_what_was_ended_is_gone_on_with_and_what_failed_is_tried_again(asked, truth_home):
    from cli.commands.truth import read_cells
    from ml_core.home.settings import open_home

    wild = ("--set", "training.learning_rate=1e30", "--kinds", "linear", "--baselines", "ridge")
    some = ("--sessions", "330", "--tickers", "8", "--families", "lstm")
    done = run("truth", asked, *some, *wild, "--home", truth_home, "--json")
    assert done.exit_code == 1
    assert "linear 3 lstm: lstm: training diverged at learning rate" in done.stderr
    document = json.loads(done.stdout)
    assert [list(one["learners"]) for one in document["recovery"]] == [["ridge"]]
    folder = open_home(Path(truth_home)).root / "truth"
    (file,) = [one for one in folder.glob("*.jsonl") if "lstm" in one.read_text()]
    kept = file.read_text()
    file.write_text(kept + '\n{"kind": "linear", "se')
    again = run("truth", asked, *some, *wild, "--home", truth_home, "--json", "--resume")
    assert [cell["seconds"] for cell in json.loads(again.stdout)["cells"] if cell["learner"] == "ridge"] == [
        cell["seconds"] for cell in document["cells"] if cell["learner"] == "ridge"
    ]
    assert [cell.learner for cell in read_cells(file)] == ["ridge"]


def test_what_was_measured_and_is_no_number_is_told_apart_from_what_never_came(tmp_path):
    from cli.commands.truth import read_cells

    lived = {"claim": "level", "horizon": 1, "effect": None, "proven": None}
    cell = {"kind": "none", "seed": 3, "learner": "ridge", "achieved": None, "claims": [lived]}
    (tmp_path / "cells.jsonl").write_text(json.dumps(cell), encoding="utf-8")
    (read,) = read_cells(tmp_path / "cells.jsonl").values()
    assert math.isnan(read["achieved"]) and math.isnan(read["claims"][0]["effect"])
    assert read["claims"][0]["proven"] is None


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--kinds", "linnear"), "--kinds: unknown kind 'linnear'; did you mean 'linear'?"),
        (("--families", "lstmm"), "unknown family 'lstmm'; did you mean 'lstm'?"),
        (("--baselines", "rigde"), "--baselines: unknown baseline 'rigde'; did you mean 'ridge'?"),
        (("--families", "", "--baselines", ""), "expected at least one learner"),
        (("--ic", "1.5"), "data.simulated: ic: expected a number below 1"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_any_work(asked, truth_home, options, told):
    done = run("truth", asked, *options, "--home", truth_home)
    assert done.exit_code == 2
    assert told in done.stderr


def test_a_market_that_is_too_short_fails_in_each_of_its_cells(asked, truth_home):
    done = run("truth", asked, "--sessions", "60", "--kinds", "linear", "--home", truth_home)
    assert done.exit_code == 1
    assert "too few" in done.stderr or "give no window" in done.stderr


def test_a_search_a_week_pays_for_all_its_looks_together_and_tells_what_was_proven(asked, truth_home):
    wanted = ("--kinds", "linear,none", "--baselines", "ridge", "--weeks", "2", "--home", truth_home)
    done = run("truth", asked, *FEW, *wanted, "--set", 'gate.claims=["order"]', "--json")
    assert done.exit_code == 0, done.stderr
    linear, nothing = json.loads(done.stdout)["cells"]
    assert linear["proven"] == ["order"], "the first search finds a strong signal"
    assert linear["promoted"]
    assert nothing["proven"] == []
    looks = max((Path(truth_home) / "truth" / "looks").glob("*none*"), key=lambda file: file.stat().st_mtime)
    assert sum(bool(line) for line in looks.read_text().splitlines()) == 2


def test_markets_that_are_lived_through_tell_after_how_many_sessions_a_claim_is_proven(asked, truth_home):
    wanted = (
        "--live",
        "--lived",
        "400",
        "--kinds",
        "linear,none",
        "--baselines",
        "ridge",
        "--home",
        truth_home,
    )
    sizes = ("--sessions", "700", "--tickers", "8", "--ic", "0.6", "--families", "")
    done = run("truth", asked, *sizes, *wanted, "--json")
    assert done.exit_code == 0, done.stderr
    live = {(one["kind"], one["claim"], one["horizon"]): one for one in json.loads(done.stdout)["live"]}
    order = live["linear", "order", 1]
    assert (order["proven"]["markets"], order["refuted"]["markets"]) == (1, 0)
    assert order["proven"]["median"] < 100
    assert live["none", "any of them", None]["proven"]["markets"] == 0
    dying = run("truth", asked, *sizes, *wanted, "--dies", "60", "--json")
    ended = next(
        one for one in json.loads(dying.stdout)["live"] if (one["claim"], one["horizon"]) == ("order", 1)
    )
    assert ended["refuted"]["markets"] == 1
    assert ended["refuted"]["median"] > 60
    refused = run("truth", asked, *sizes, *wanted, "--dies", "400")
    assert refused.exit_code == 2
    assert "--dies must lie within --lived" in refused.stderr
