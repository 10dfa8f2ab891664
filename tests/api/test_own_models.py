"""A model of one's own keeps what ours keep: it is calibrated, saved without a pickle, opened again as it was, and
knows no future."""

import json
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest

import candorcast
from candorcast.own.estimators import forget_opened
from ml_core.baselines import BASELINES, Learned
from ml_core.errors import BrokenArtifact, ForecastError
from ml_core.forecaster.files import load_forecaster, save_forecaster
from ml_core.forecaster.forecaster import Forecaster
from ml_core.forecaster.learners import complete, config_class
from ml_core.spec import choices
from ml_core.spec.experiment import Model, RunSpec
from ml_core.spec.outside import find_outside, forget
from ml_core.training.fit import fit
from tests.api import own
from tests.contracts.test_baselines import DAYS, PRICES, READING, SPLIT, TASK, TEST_NT, WINDOWS, later_changed
from tests.market import read_windows, small_experiment

MADE = {
    "own_ridge": lambda: candorcast.model(config=own.Shrunk, name="own_ridge")(own.make_ridge),
    "own_forest": lambda: candorcast.model(name="own_forest", rows=400)(own.make_forest),
    "own_raw_forest": lambda: candorcast.model(name="own_raw_forest", raw=True)(own.make_forest),
    "own_averages": lambda: candorcast.model(name="own_averages")(own.make_averages),
    "own_torch": lambda: candorcast.model(name="own_torch")(own.make_torch),
}
each = pytest.mark.parametrize("name", MADE)


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    for make in MADE.values():
        make()
    yield
    for name in [*find_outside("model")]:
        forget("model", name)


def fitted(name: str) -> Forecaster:
    return fit(
        RunSpec(task=TASK, reading=READING, model=complete(Model(family=name)), seed=3), WINDOWS, SPLIT
    )


@each
def test_it_is_found_by_the_list_that_finds_ours_and_leaves_it_when_forgotten(name):
    assert name in choices.names(BASELINES)
    forget("model", name)
    with pytest.raises(ForecastError, match=f"unknown family '{name}'"):
        config_class(name)
    MADE[name]()


@each
def test_opened_again_in_a_process_that_never_taught_it_it_says_the_same_in_every_bit(name, tmp_path):
    made = fitted(name)
    said = made.forecast(WINDOWS, TEST_NT)
    save_forecaster(made, tmp_path)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".json", ".safetensors"]
    forget_opened()
    opened = load_forecaster(tmp_path)
    assert opened.forecast(WINDOWS, TEST_NT).equals(said)
    assert said["mean"].n_unique() > 2
    day = DAYS[220]
    assert opened.predict(PRICES, as_of=day).equals(said.filter(pl.col("as_of") == day))


@each
def test_a_place_alone_is_answered_as_among_others_and_later_bars_change_no_bit(name):
    made = fitted(name)
    whole, _ = made.outputs(WINDOWS, TEST_NT)
    alone_NT = np.zeros_like(TEST_NT)
    alone_NT[2, 220] = True
    assert made.outputs(WINDOWS, alone_NT)[0][2, 220].tobytes() == whole[2, 220].tobytes()
    until_NT = TEST_NT & (np.arange(len(DAYS)) <= 220)
    changed, _ = made.outputs(read_windows(later_changed(DAYS[220]), TASK), until_NT)
    np.testing.assert_array_equal(changed[until_NT], whole[until_NT])


def test_the_estimator_learns_what_scikit_learn_learns_from_the_same_rows():
    made = fitted("own_ridge")
    (member,) = made.members
    arrays = member.arrays()
    from sklearn.linear_model import Ridge

    x_RF = np.clip(
        np.nan_to_num(
            (arrays["learned.rows.x"].astype(float) - arrays["learned.scaler.mean_F"])
            / arrays["learned.scaler.deviation_F"]
        ),
        -5,
        5,
    )
    y_R = arrays["learned.rows.y"][:, 0].astype(float)
    known_R = np.isfinite(y_R)
    told_R = Ridge(alpha=100.0).fit(x_RF[known_R], y_R[known_R]).predict(x_RF[:16])
    np.testing.assert_allclose(arrays["learned.probe.told"][:, 0], told_R, rtol=1e-9)


def test_no_more_rows_are_kept_than_it_may_learn_from_and_arrays_keep_none():
    (forest,), (averages,) = (fitted(name).members for name in ("own_forest", "own_averages"))
    assert len(forest.arrays()["learned.rows.x"]) == 400
    assert not [name for name in averages.arrays() if ".rows." in name]
    assert averages.arrays()["learned.own.0.above"].shape == (1,)


def test_what_its_library_says_otherwise_by_now_is_refused_and_not_served(tmp_path):
    save_forecaster(fitted("own_ridge"), tmp_path)
    forget_opened()
    forget("model", "own_ridge")
    candorcast.model(config=own.Shrunk, name="own_ridge")(lambda config, seed: own.make_forest(config, seed))
    with pytest.raises(
        BrokenArtifact, match="model 'own_ridge': opened again it answers otherwise than when"
    ):
        load_forecaster(tmp_path).predict(PRICES)


def test_where_its_package_is_not_installed_it_is_named(tmp_path):
    save_forecaster(fitted("own_averages"), tmp_path)
    code = (
        "from pathlib import Path; from ml_core.forecaster.files import load_forecaster\n"
        f"load_forecaster(Path({str(tmp_path)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "was made by 'own_averages', which is not here; install the package that brings it" in done.stderr


def test_it_stands_beside_scores_as_a_baseline_and_is_evaluated_in_a_notebook(tmp_path):
    read = small_experiment(validation={"baselines": ["zero", "own_averages"]}, gate={"beat": []})
    content = read.model_dump(mode="json", exclude_none=True)
    opened = candorcast.open(content | {"model": {"family": "own_ridge", "alpha": 10.0}}, home=tmp_path)
    opened.refresh()
    scores = opened.evaluate().scores
    assert {"own_averages", "p_own_averages"} <= set(scores.columns)
    assert scores.filter(metric=pl.lit("mse"))["own_averages"].null_count() == 0


def test_a_search_in_other_processes_refuses_what_this_process_alone_knows(tmp_path):
    asked = {"search.families": ["ridge", "own_ridge"], "search.trials": 1}
    opened = candorcast.open(small_experiment(), home=tmp_path, set=asked)
    opened.refresh()
    with pytest.raises(ForecastError) as refused:
        opened.search()
    assert "search: model 'own_ridge' was registered in this process alone" in str(refused.value)
    assert "candorcast.plugins" in str(refused.value)


def test_a_learner_in_full_gives_a_scale_of_its_own():
    @candorcast.baseline
    class Wide:
        class Config(candorcast.Config):
            scale: float = 2.0

        @staticmethod
        def fit(config: "Wide.Config", _lesson: object) -> Learned:
            return Learned(facts={"scale": config.scale})

        @staticmethod
        def predict(learned: Learned, asked) -> tuple[np.ndarray, np.ndarray]:
            zeros = np.zeros_like(asked.unit_RH)
            return zeros, zeros + learned.facts["scale"]

    mean_NTH, scale_NTH = fitted("wide").outputs(WINDOWS, TEST_NT)
    assert set(mean_NTH[TEST_NT].ravel()) == {0.0}
    assert set(scale_NTH[TEST_NT].ravel()) == {2.0}


def test_a_network_of_ones_own_is_trained_by_our_loop_and_loads_torch_only_when_it_is_used(tmp_path):
    module = tmp_path / "own_net.py"
    module.write_text(
        "import torch\nfrom torch import nn\nfrom ml_core.models.family import Encoder, ModelConfig\n"
        "class Config(ModelConfig):\n    hidden: int = 4\n"
        "class Network(Encoder):\n"
        "    def __init__(self, config, inputs):\n"
        "        super().__init__()\n        self.line, self.width = nn.Linear(inputs, config.hidden), config.hidden\n"
        "    def forward(self, x_BLF):\n        return torch.tanh(self.line(x_BLF))\n"
    )
    code = (
        "import sys, json; import candorcast\n"
        "candorcast.network('own_net', 'own_net')\n"
        "early = 'torch' in sys.modules\n"
        "from tests.api.test_own_models import small_experiment\n"
        "small = small_experiment(model={'family': 'own_net', 'hidden': 3})\n"
        f"opened = candorcast.open(small, home={str(tmp_path)!r})\n"
        "opened.refresh()\n"
        "print(json.dumps([early, opened.evaluate().scores.height]))"
    )
    paths = [str(tmp_path), *sys.path]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {paths!r}\n{code}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    early, rows = json.loads(done.stdout)
    assert (early, rows > 0) == (False, True)
