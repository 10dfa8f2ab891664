"""An installed package brings a model, a feature, a strategy and a metric: every process finds them, they are searched
by Ray's workers, audited, judged and served as ours are. One that is broken is named."""

import json
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from tests.api.conftest import HOUSE, install

FILE = str(HOUSE / "examples" / "plugin" / "example.toml")
DOOR = "import sys; from cli.door import main; sys.argv = ['candorcast', *sys.argv[1:]]; main()"

SERVED = """
import datetime as dt, json, sys
from pathlib import Path
from fastapi.testclient import TestClient
from ml_core.data.order import place_order
from ml_core.home.settings import Settings, open_home
from ml_core.spec.file import read_experiment
from serving.door.access import Access
from serving.app import build_app
from serving.experiments import Experiments
from serving.service import Service
order = place_order(read_experiment(sys.argv[1]), open_home(Path(sys.argv[2])))
service = Service(order, clock=lambda: dt.datetime.now(dt.UTC))
app = build_app(Experiments({"example": service}), Access(Settings()), Settings())
asked = {"tickers": ["ALFA", "BRAV"]}
answer = TestClient(app, "http://127.0.0.1:8000").post(f"/predictions/batch?version={sys.argv[3]}", json=asked)
print(json.dumps([answer.status_code, answer.json()]))
"""


@pytest.fixture(scope="session")
def home(new_home) -> str:
    return str(new_home().root)


@pytest.fixture(scope="module")
def command(run_beside, home) -> Callable[..., dict]:
    """A command of candorcast as a process of its own: its document."""

    def ask(*arguments: str, code: int = 0) -> dict:
        done = run_beside("-c", DOOR, *arguments, "--home", home, "--json")
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    ask("refresh", FILE)
    return ask


@pytest.fixture(scope="module")
def searched(command) -> dict:
    """A search whose trials run in processes of Ray; the gate refuses its winner, which is then the challenger."""
    return command("search", FILE, "--set", "search.cpus_per_trial=2", code=1)


def test_an_evaluation_fits_the_model_on_the_feature_trades_the_strategy_and_has_the_metric(command):
    told = command("evaluate", FILE)
    rows = [row for row in told["scores"] if row["metric"] == "huber"]
    assert rows and all(row["value"] > 0 and row["halves"] > 0 for row in rows)
    exposure = told["risk"]["holdout"]["exposure"]
    assert exposure == pytest.approx(0.5, rel=0.01)  # as strategy.options says; prices then drift


def test_the_future_is_changed_under_all_of_them_and_nothing_earlier_moves(command):
    told = command("audit", FILE, "--dates", "3")
    assert told["findings"] == []
    assert {"features", "parameters", "positions"} <= {row["stage"] for row in told["compared"]}


def test_a_search_tries_both_models_and_the_winner_is_judged_registered_and_has_its_leak_audit(searched):
    tried = {row["family"] for row in searched["ledger"]}
    assert tried == {"extra_trees", "halves"}
    assert not [row for row in searched["ledger"] if row["status"] == "failed"]
    (leaks,) = [check for check in searched["gate"]["checks"] if check["name"] == "leak audit"]
    assert leaks["passed"]


def test_the_version_forecasts_is_explained_and_traded_by_processes_that_never_fitted_it(command, searched):
    version = ("--version", searched["version"])
    said = command("predict", FILE, *version)["forecasts"]
    assert len(said) == 6 * 2
    explained = command("explain", FILE, "ALFA", *version)
    (mean,) = [row["mean"] for row in said if (row["ticker"], row["horizon"]) == ("ALFA", 1)]
    pieces = explained["moved"]
    assert pieces["forecast"] == pytest.approx(mean)
    assert {piece["name"] for piece in pieces["pieces"]} >= {"below_high_10", "below_high_30"}
    traded = command("backtest", FILE, *version)["strategy"]
    assert (traded["kind"], traded["options"]) == ("best_alone", {"share": 0.5})


def test_the_api_answers_with_it_in_a_process_of_its_own(run_beside, home, command, searched):
    said = command("predict", FILE, "--version", searched["version"])["forecasts"]
    done = run_beside("-c", SERVED, FILE, home, searched["version"])
    assert done.returncode == 0, done.stderr
    status, answer = json.loads(done.stdout.splitlines()[-1])
    assert status == 200, answer
    served = {
        (row["ticker"], row["as_of"], one["horizon"]): one["mean"]
        for row in answer["predictions"]
        for one in row["forecasts"]
    }
    assert served == {
        (row["ticker"], row["as_of"], row["horizon"]): row["mean"]
        for row in said
        if row["ticker"] in ("ALFA", "BRAV")
    }


def test_the_package_and_its_version_stand_in_the_evidence_and_another_version_is_named(
    run_beside, plugin, home, searched, tmp_path
):
    ask = (
        "-c",
        DOOR,
        "rebuild",
        "example.simulated",
        "--version",
        searched["version"],
        "--home",
        home,
        "--json",
    )
    made = json.loads(run_beside(*ask).stdout)
    assert made["same"] and made["then"]["candorcast-example"] == made["now"]["candorcast-example"] == "0.1.0"
    other = Path(shutil.copytree(plugin, tmp_path / "installed"))
    [told] = other.glob("*.dist-info/METADATA")
    told.write_text(told.read_text().replace("Version: 0.1.0", "Version: 0.2.0"))
    own = other / "candorcast_example.py"
    own.write_text(own.read_text().replace("min_samples_leaf=20", "min_samples_leaf=21"))
    done = run_beside(*ask, beside=other)
    assert done.returncode == 1 and "made with candorcast-example 0.1.0, now 0.2.0" in done.stderr


def test_its_provider_is_asked_by_a_command_of_its_own_process(command):
    told = command("refresh", FILE, "--set", "data.source=waves", "--set", "data.waves.swing=0.2")
    assert {one["status"] for one in told["tickers"].values()} == {"ok"}


def test_editors_complete_what_it_brings_and_underline_what_it_refuses(command):
    schema = Draft7Validator(command("schema"))
    said = tomllib.loads(Path(FILE).read_text(encoding="utf-8"))
    assert not list(schema.iter_errors(said))
    wrong = (
        {"strategy": {"kind": "best_alone", "options": {"shrae": 0.5}}},
        {"strategy": {"kind": "best_alone", "options": {"share": 2}}},
        {"strategy": {"kind": "sign", "options": {"share": 0.5}}},
        {"data": {"waves": {"swing": "far"}}},
        {"model": {"family": "extra_trees", "deep": "very"}},
    )
    assert all(list(schema.iter_errors(said | one)) for one in wrong)
    assert "How much of the equity is held." in json.dumps(schema.schema)


def test_its_features_stand_in_the_list_of_all(command):
    listed = {row["feature"]: row["group"] for row in command("features")}
    assert (listed["below_high_10"], listed["below_high_30"]) == ("example", "example")


def test_to_install_it_changes_no_experiment_that_does_not_name_it(run_beside):
    code = (
        "from ml_core.features.table import chosen_names\n"
        "from ml_core.spec.experiment import Features\n"
        "print(len(chosen_names(Features())), 'below_high_10' in chosen_names(Features()))"
    )
    with_it, without = (run_beside("-c", code, **where).stdout for where in ({}, {"beside": HOUSE}))
    assert with_it == without
    assert with_it.endswith(" False\n")


def test_the_package_tests_itself_by_what_is_shipped(run_beside):
    done = run_beside(
        "-m", "pytest", str(HOUSE / "examples" / "plugin" / "tests"), "-q", "-p", "no:cacheprovider"
    )
    assert done.returncode == 0, done.stdout


def broken_package(folder: Path, code: str) -> Path:
    """Installed, a package whose module is this code."""
    source = folder / "source"
    source.mkdir()
    (source / "broken_example.py").write_text(code, encoding="utf-8")
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "broken-example"\nversion = "1"\n'
        '[project.entry-points."candorcast.plugins"]\nbroken = "broken_example"\n'
        '[tool.setuptools]\npy-modules = ["broken_example"]\n',
        encoding="utf-8",
    )
    install(source, folder / "installed")
    return folder / "installed"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import nosuchlibrary", "broken-example (broken_example) cannot be loaded: ModuleNotFoundError: No module"),
        ("import candorcast\ncandorcast.model(name='ridge')(print)", "plug-in broken-example: model 'ridge': there is"),
    ],
)  # fmt: skip
def test_a_package_that_cannot_be_loaded_is_named_in_a_line(run_beside, tmp_path, code, told):
    installed = broken_package(tmp_path, code)
    done: subprocess.CompletedProcess = run_beside("-c", DOOR, "features", beside=installed)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())
    assert "repair it, or uninstall it" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
