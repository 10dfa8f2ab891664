"""What a search varies is fitted, stored and served: every field that `searchable` lists, whichever is added."""

from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from ml_core.baselines import BASELINES
from ml_core.forecaster.files import load_forecaster, save_forecaster
from ml_core.forecaster.forecaster import Forecaster
from ml_core.forecaster.learners import config_class
from ml_core.models.family import FAMILIES
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.spec.choices import names
from ml_core.spec.experiment import Experiment, RunSpec
from ml_core.spec.ranges import OneOf, ranges_of
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, read_panel
from ml_core.walkforward.rows import forecast_split
from tests.market import simulate_prices, small_experiment
from tuning.search import split_for_search
from tuning.space import build_space, searchable, spec_of, widest_spec

FAMILY = "lstm"
PRICES = simulate_prices(sessions=520)
NUMBERS = ["ticker", "as_of", "horizon", "mean", "lower", "upper", "scale"]
OWN = {"task": {"lookback": 8}, "features": {"names": [], "groups": ["momentum", "trend"], "select": 6}}
VALUES = {  # of each field two that a fit can tell apart; a field without them here fails, and wants two
    "task.lookback": [8, 14],
    "task.layout": ["pooled", "joint"],
    "features.groups": [["momentum"], ["volatility", "regime"]],
    "features.names": [[], ["regime_age", "volume_surprise_5"]],
    "features.select": [3, "all"],
    "features.scaling": ["standard", "quantile"],
    "training.loss": ["mse", "ic"],
    "training.epochs": [1, 3],
    "training.batch": [16, 64],
    "training.windows": [20, 200],
    "training.learning_rate": [1e-4, 1e-2],
    "training.weight_decay": [0.0, 0.9],
    "training.precision": ["float32", "bfloat16"],
    "training.patience": [1, 5],
    "training.clip": [1e-4, 1.0],
    "training.device": ["cpu", "meta"],
    "lstm.hidden": [8, [8, 4]],
    "lstm.layers": [1, 2],
    "lstm.dropout": [0.0, 0.5],
}
SAME_WEIGHTS = {"training.patience"}  # the best epoch may be the same, wherever it stops


@cache
def searched(key: str) -> tuple[Experiment, Windows, Split]:
    """The experiment of a search over this field, the panel of all its trials, and the holdout."""
    experiment = small_experiment(
        **OWN,
        training={"epochs": 3, "patience": 3, "batch": 32},
        search={"families": [FAMILY], "epochs": None, "ranges": {key: VALUES[key]}},
    )
    windows, _ = open_windows(widest_spec(experiment, build_space(experiment)), PRICES)
    return experiment, windows, split_for_search(experiment, windows)[1]


def specs(key: str) -> list[RunSpec]:
    return [spec_of(searched(key)[0], {"family": FAMILY, key: value}) for value in VALUES[key]]


@cache
def fitted(key: str) -> list[Forecaster]:
    _, windows, split = searched(key)
    return [fit(spec, windows, split) for spec in specs(key)]


def weights(forecaster: Forecaster) -> dict[str, np.ndarray]:
    return {name: part for member in forecaster.members for name, part in member.arrays().items()}


def alike(one: Forecaster, other: Forecaster) -> bool:
    ours, theirs = weights(one), weights(other)
    return (one.features, list(ours)) == (other.features, list(theirs)) and all(
        np.array_equal(ours[name], theirs[name]) for name in ours
    )


FIELDS = searchable(FAMILY)
each = pytest.mark.parametrize(
    "key", [key for key in FIELDS if key != "training.device"]
)  # one is sure to be here


def test_every_field_that_a_search_may_vary_is_tried_here():
    assert set(FIELDS) == set(VALUES)


@each
def test_what_is_served_is_what_was_scored_bit_for_bit(key, tmp_path):
    _, windows, split = searched(key)
    for place, forecaster in enumerate(fitted(key)):
        scored = forecast_split(forecaster, windows, split)
        save_forecaster(forecaster, tmp_path / str(place))
        loaded = load_forecaster(tmp_path / str(place))
        assert loaded.spec == forecaster.spec
        for day in scored["as_of"].unique().sort().gather([0, 17, -1]):
            served, known = loaded.predict(PRICES, as_of=day), scored.filter(pl.col("as_of") == day)
            assert served.height and served.select(NUMBERS).equals(known.select(NUMBERS))


@each
def test_what_was_fitted_is_what_the_spec_says(key):
    for spec, forecaster in zip(specs(key), fitted(key), strict=True):
        assert forecaster.spec.reading == spec.reading
        assert forecaster.spec.model_copy(update={"model": spec.model, "training": spec.training}) == spec
        alone, _ = read_panel(spec, PRICES)
        assert alike(fit(spec, alone, searched(key)[2]), forecaster), "as a panel of its own would have it"


@each
def test_the_field_makes_another_model(key):
    first, second = fitted(key)
    assert first.spec != second.spec
    assert key in SAME_WEIGHTS or not alike(first, second)


FEW = {
    "rows": 60,
    "trees": 3,
    "patience": 1,
    "season": 3,
}  # what a fit as small as this one can tell from the default
BASE = {  # so that each key matters: leaves small enough to part, blocks of which a look-back holds many
    "random_forest": {"random_forest.leaf": 10},
    "informer": {"informer.block": 4},
}
OWN_KEYS = [
    (family, name)
    for family in sorted([*names(FAMILIES), *names(BASELINES)])
    for name in config_class(family).model_fields
]


def another(family: str, name: str) -> Any:
    """A value of a family's own key that is not its default: out of its range, else half of a number."""
    config = config_class(family)
    default, allowed = config.model_fields[name].default, ranges_of(config).get(name)
    if isinstance(allowed, OneOf):
        return next(one for one in allowed.values if one != default)
    if allowed is not None:
        return allowed.low if allowed.low != default else allowed.high
    return FEW.get(name) or max(1, (default or 2) // 2)


@cache
def roomy() -> tuple[Experiment, Windows, Split]:
    """A panel with a look-back that is long enough for every key to matter."""
    experiment = small_experiment(
        task={"lookback": 32},
        features={"groups": ["momentum", "trend"], "select": 12},
        training={"epochs": 2, "windows": 60},
        search={"epochs": None},
    )
    windows, _ = read_panel(experiment.spec, PRICES)
    return experiment, windows, split_for_search(experiment, windows)[1]


@cache
def scored_with(family: str, name: str = "") -> tuple[RunSpec, Forecaster, pl.DataFrame]:
    """As it is, or with another value of one of its keys."""
    experiment, windows, split = roomy()
    own = {f"{family}.{name}": another(family, name)} if name else {}
    spec = spec_of(experiment, {"family": family, **BASE.get(family, {}), **own})
    forecaster = fit(spec, windows, split)
    return spec, forecaster, forecast_split(forecaster, windows, split)


@pytest.mark.parametrize(("family", "name"), OWN_KEYS)
def test_another_value_of_a_familys_own_key_is_fitted_stored_and_served(family, name, tmp_path):
    spec, forecaster, scored = scored_with(family, name)
    assert spec.model.options[name] == another(family, name)
    assert forecaster.spec.model == spec.model
    same = scored.select(NUMBERS).equals(scored_with(family)[2].select(NUMBERS))
    assert not same or name == "patience", (
        "as if it were not set; the best may be the same, wherever it stops"
    )
    save_forecaster(forecaster, tmp_path / "kept")
    loaded = load_forecaster(tmp_path / "kept")
    assert loaded.spec == forecaster.spec
    day = scored["as_of"].max()
    served, known = loaded.predict(PRICES, as_of=day), scored.filter(pl.col("as_of") == day)
    assert served.height
    assert served.select(NUMBERS).equals(known.select(NUMBERS))


def test_a_panel_read_for_more_is_for_each_spec_the_panel_that_it_would_read_alone():
    for key in ("features.groups", "features.names"):
        _, windows, _ = searched(key)
        assert any(read_panel(spec, PRICES)[0].features != windows.features for spec in specs(key))
        for spec in specs(key):
            own, alone = windows.read_as(spec.reading.features), read_panel(spec, PRICES)[0]
            assert own.features == alone.features
            assert own.origin == alone.origin
            for name in (
                "x_NTF",
                "y_NTH",
                "unit_NTH",
                "state_NTK",
                "moved_NT",
                "present_NT",
                "member_NT",
                "close_NT",
            ):
                assert np.array_equal(getattr(own, name), getattr(alone, name), equal_nan=True)
