"""A home of each earlier release opens in this one: its numbers are read the same in every bit, and work goes on.

What a network says is reckoned anew. A processor of another model than the one the home was made on adds up in another
order: where a fit does not come out as it did, its forecasts have to agree to five digits instead.
"""

import datetime as dt
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import Result

from ml_core.data.order import place_order
from ml_core.home.settings import open_home
from ml_core.spec.file import read_experiment
from serving.service import Service
from tests.cli.command_line import run
from tests.upgrade.lived import EVENINGS, evening
from tests.upgrade.make import ASKED, FILE
from tests.upgrade.opened import PACKED, Opened, differing, unpack

EVIDENCE = "artifacts/**/evidence.json"
NEAR = 1e-5


@pytest.fixture(scope="module", params=PACKED, ids=lambda path: path.name.removesuffix(".tar.xz"))
def kept(request, tmp_path_factory) -> Opened:
    """For reading: what is asked here stores no more than the same questions did then."""
    return unpack(request.param, tmp_path_factory.mktemp("kept"))


@pytest.fixture(scope="module")
def rebuilt(kept, tmp_path_factory) -> Result:
    """What came of fitting a model of then again."""
    root = Path(shutil.copytree(kept.root, tmp_path_factory.mktemp("again") / "home"))
    return run("rebuild", "small.simulated", "--version", "2", "--home", str(root))


@pytest.fixture(scope="module")
def near(rebuilt) -> float:
    """0: in every bit."""
    return 0.0 if rebuilt.exit_code == 0 else NEAR


@pytest.fixture
def copied(kept, tmp_path) -> Path:
    """Moved to where it was never made."""
    return Path(shutil.copytree(kept.root, tmp_path / "moved"))


@pytest.fixture(scope="module")
def onward(kept, tmp_path_factory) -> Path:
    """A copy in which the rest of its market comes."""
    root = Path(shutil.copytree(kept.root, tmp_path_factory.mktemp("onward") / "home"))
    assert tell(root, "refresh")["inserted"] > 6 * 50
    return root


def tell(root: Path, command: str, *options: str) -> dict:
    """The document of a command that went well, or whose model the gate refused."""
    done = run(command, str(FILE), *options, "--home", str(root), "--json")
    assert done.exit_code in (0, 1) and done.stdout, done.stderr
    return json.loads(done.stdout)


def test_a_home_of_an_earlier_release_and_one_of_this_are_kept():
    assert len(PACKED) >= 2


@pytest.mark.parametrize("question", ASKED)
def test_every_number_is_read_as_it_was_then(kept, question, near):
    assert differing(kept.told[question], tell(kept.root, *ASKED[question]), near=near) == []


def test_the_server_answers_with_the_numbers_that_were_forecast_then(kept, near):
    then = kept.told["newest"]["forecasts"]
    service = Service(
        place_order(read_experiment(str(FILE), ()), open_home(kept.root)), clock=lambda: evening(EVENINGS[-1])
    )
    answer = service.batch()
    assert (answer.version, answer.as_of) == ("2", dt.date.fromisoformat(then[0]["as_of"]))
    served = {
        (one.ticker, ahead.horizon): (ahead.lower, ahead.upper, ahead.scale)
        for one in answer.predictions
        for ahead in one.forecasts
    }
    assert served.keys() == {(one["ticker"], one["horizon"]) for one in then}
    for one in then:
        ahead = served[one["ticker"], one["horizon"]]
        assert ahead == pytest.approx((one["lower"], one["upper"], one["scale"]), rel=near, abs=0.0)


def test_bars_forecasts_and_scores_go_on(kept, onward, near):
    scored = sum(claim["sessions"] for claim in kept.told["live"]["claims"])
    newest = tell(onward, "predict")["forecasts"]
    assert min(one["as_of"] for one in newest) > f"{EVENINGS[-1]}"
    assert sum(claim["sessions"] for claim in tell(onward, "live")["claims"]) > scored
    past = tell(onward, *ASKED["past"])
    assert differing(kept.told["past"]["forecasts"], past["forecasts"], near=near) == []


@pytest.mark.usefixtures("ray_cluster")
def test_a_search_goes_on_and_counts_the_trials_of_before(kept, onward):
    assert tell(onward, "search", "--trials", "1")["version"]
    then, now = (
        {trial["trial"]: trial for search in ledger["searches"] for trial in search["ledger"]}
        for ledger in (kept.told["ledger"], tell(onward, "ledger"))
    )
    assert len(now) > len(then) and differing(then, {name: now[name] for name in then}) == []


@pytest.mark.parametrize("command", [("lineage", "ALFA"), ("monitor",), ("doctor",), ("explain", "ALFA")])
def test_what_came_later_works_on_what_was_there_before(copied, command):
    done = run(command[0], str(FILE), *command[1:], "--home", str(copied))
    assert done.exit_code in (0, 1) and done.stdout, done.stderr  # 1: what was looked at does not hold
    assert "candorcast:" not in done.stderr


def test_a_model_of_then_is_fitted_again_to_the_same_bytes_or_it_is_told_what_may_be_otherwise(rebuilt):
    told = rebuilt.stdout + rebuilt.stderr
    if rebuilt.exit_code == 0:
        assert "the same, byte for byte" in told
    else:
        assert "forecaster.json came out otherwise: made with" in told
        assert "processor" in told


def test_evidence_of_a_later_release_is_refused_in_one_line_that_says_to_update(copied):
    for path in copied.glob(EVIDENCE):
        told = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(told | {"format": 2}), encoding="utf-8")
    done = run("predict", str(FILE), "--version", "2", "--home", str(copied))
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1 and "version 2 was registered by a later candorcast" in done.stderr


def test_evidence_that_lost_a_part_is_refused_in_one_line_with_the_command_that_makes_another(copied):
    for path in copied.glob(EVIDENCE):
        told = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({key: told[key] for key in told if key != "gate"}), encoding="utf-8")
    done = run("predict", str(FILE), "--version", "2", "--home", str(copied))
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1 and f"candorcast search {FILE} --home {copied}" in done.stderr


def test_a_description_that_says_otherwise_what_was_said_then_is_found_out(copied):
    for path in copied.glob("artifacts/**/forecaster.json"):
        told = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(told | {"level": told["level"] / 2}), encoding="utf-8")
    done = run("rebuild", "small.simulated", "--version", "2", "--home", str(copied))
    assert done.exit_code == 1
    assert "forecaster.json came out otherwise" in done.stderr


def test_the_command_that_moves_mlflows_database_on_is_one_that_mlflow_takes(copied):
    page = (Path(__file__).parents[2] / "docs" / "upgrade.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^mlflow db upgrade .*$", page, flags=re.MULTILINE)
    words = line.replace(".candorcast", str(copied)).split()
    moved = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True)
    assert moved.returncode == 0, moved.stderr
    assert run("models", str(FILE), "--home", str(copied)).exit_code == 0
