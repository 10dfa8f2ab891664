"""A registered model can be made again, byte for byte, in another process, after new bars came."""

import dataclasses
import datetime as dt
import json
import os
import shutil
import subprocess
import sys

import polars as pl
import pytest
from safetensors.torch import load_file, save_file

from ml_core.audit.rebuild import rebuild
from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import data_version, read_prices
from ml_core.errors import InvalidInput
from ml_core.forecaster.files import WEIGHTS
from ml_core.home.settings import Home
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.judge import promote_candidate
from ml_core.registry.evidence import Evidence
from ml_core.registry.searched import Searched
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Model
from ml_core.spec.plain import plain
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows
from tests.candidate import fit_candidate
from tests.cli.command_line import run
from tests.market import NOW, small_experiment
from tuning.search import split_for_search
from tuning.space import build_space, spec_of, widest_spec

EXPERIMENT = small_experiment(validation={"seeds": 2}).model_copy(
    update={"model": Model(family="transformer", width=16)}
)
WHEN_FITTED = dt.datetime(2018, 12, 14, 22, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def home(new_home) -> Home:
    return new_home()


@pytest.fixture(scope="module")
def registered(home) -> ModelVersion:
    """A version of two networks; bars came after it was fitted."""
    refresh(EXPERIMENT, home, now=WHEN_FITTED)
    candidate = fit_candidate(EXPERIMENT, home, Searched(trials=1))
    found = promote_candidate(EXPERIMENT, home, candidate, now=WHEN_FITTED).version
    seen = data_version(EXPERIMENT, home)
    refresh(EXPERIMENT, home, now=NOW)
    assert data_version(EXPERIMENT, home) > seen == found.evidence.data_version
    return found


def candorcast(*arguments: str) -> subprocess.CompletedProcess:
    """The command in a process of its own, with two threads where this one has one."""
    command = [sys.executable, "-c", "from cli.line import main; main()", *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    return subprocess.run(command, capture_output=True, text=True, timeout=200, env=environment, check=False)


def test_another_process_makes_the_same_weights_from_the_version_seed_and_spec_alone(home, registered):
    given = ("rebuild", registered.name, "--version", registered.version, "--home", str(home.root), "--json")
    done = candorcast(*given)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["same"]
    assert told["differing"] == []
    assert told["then"] == told["now"]


def test_weights_that_were_changed_by_hand_are_told(home, registered, tmp_path):
    copy = tmp_path / "forecaster"
    shutil.copytree(registered.folder, copy)
    weights = load_file(copy / WEIGHTS)
    weights["1.network.mean.bias"] += 1e-7
    save_file(weights, copy / WEIGHTS)
    made = rebuild(dataclasses.replace(registered, folder=copy), home)
    assert not made.same
    assert made.differing == (WEIGHTS,)


def test_a_version_without_a_recipe_says_so(home, registered):
    bare = registered.evidence.model_copy(update={"recipe": None})
    with pytest.raises(InvalidInput, match=f"{registered.name} version .* keeps no recipe"):
        rebuild(dataclasses.replace(registered, read=bare), home)


def test_a_recipe_of_an_earlier_candorcast_is_refused_with_what_to_do(home, registered):
    told = plain(registered.evidence)
    told["recipe"] |= {"seeds": 2, "objective": "ic"}  # they stood there before the spec said them
    earlier = Evidence.model_validate(told)
    assert plain(earlier.recipe) == told["recipe"]
    with pytest.raises(InvalidInput, match=r"keeps the recipe of an earlier candorcast.*run: candorcast"):
        rebuild(dataclasses.replace(registered, read=earlier), home)


def test_a_winner_that_reads_otherwise_than_its_experiment_is_registered_rebuilt_and_served_as_it_was_scored(
    home, registered
):
    assert registered.spec.reading == EXPERIMENT.reading
    ranges = {
        "features.names": [["shock"], ["volatility_5", "regime_age"]],
        "task.layout": ["pooled", "joint"],
    }
    experiment = small_experiment(name="wide", search={"families": ["lstm"], "ranges": ranges})
    version = data_version(experiment, home)
    prices = read_prices(experiment, home, version=version)
    windows, _ = open_windows(widest_spec(experiment, build_space(experiment)), prices)
    split = split_for_search(experiment, windows)[1]
    params = {"family": "lstm", "features.names": ["volatility_5", "regime_age"], "task.layout": "joint"}
    forecaster = fit(spec_of(experiment, params), windows, split)
    candidate = Candidate(forecaster, windows, prices, version, split, pl.DataFrame(), Searched(trials=1))
    made = promote_candidate(experiment, home, candidate, now=NOW)
    assert made.version.spec == forecaster.spec
    assert made.version.spec.reading.layout == "joint"
    assert set(made.version.evidence.features) <= {"volatility_5", "regime_return", "regime_age"}
    assert rebuild(made.version, home).same
    scored = made.evaluation.forecasts
    day = scored["as_of"].unique().sort()[5]
    served = Registry(home).load(made.version).predict(prices, as_of=day)
    told = ["ticker", "horizon", "mean", "lower", "upper"]
    assert served.select(told).equals(scored.filter(pl.col("as_of") == day).select(told))


def test_an_unknown_model_is_answered_with_the_registered_ones(home, registered):
    done = run("rebuild", "nobody", "--home", str(home.root))
    assert done.exit_code == 2
    assert f"no model 'nobody' is registered; expected one of {registered.name}" in done.stderr
    assert Registry(home).versions("nobody") == []
