"""Several that answer as one are a forecaster like any other: what is served was scored, from files without pickle, and
one of them alone is itself in every bit."""

import dataclasses
from functools import cache

import numpy as np
import polars as pl
import pytest

from ml_core.audit.artifact import audit_forecaster
from ml_core.errors import BrokenArtifact
from ml_core.features.table import unite_asked
from ml_core.forecaster.component import combine, even_out
from ml_core.forecaster.files import CHECKSUMS, DESCRIPTION, WEIGHTS, load_forecaster, save_forecaster
from ml_core.forecaster.forecaster import Forecaster
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.spec.ensemble import Ensemble
from ml_core.spec.experiment import Experiment, Features, Model, Training
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds, read_panel
from ml_core.walkforward.rows import forecast_split
from tests.market import simulate_prices, small_experiment

PRICES = simulate_prices(sessions=420)
NUMBERS = ["ticker", "as_of", "horizon", "mean", "lower", "upper", "scale"]
WEIGHTS_OF = (0.5, 0.3, 0.2)


def specs(experiment: Experiment, layout: str = "pooled") -> list:
    """That differ in family, look-back, features, loss, scaling, layout and seeds."""
    own, reading = experiment.spec, experiment.reading
    return [
        own.model_copy(update={"seeds": 2}),
        own.model_copy(
            update={
                "model": Model(family="lstm", hidden=4),
                "training": Training(epochs=1, loss="student_t"),
                "reading": reading.model_copy(
                    update={
                        "lookback": 14,
                        "layout": layout,
                        "features": Features(groups=("volatility", "regime"), select=4, scaling="quantile"),
                    }
                ),
            }
        ),
        own.model_copy(
            update={
                "model": Model(family="ridge"),
                "reading": reading.model_copy(update={"features": Features(names=("shock", "momentum_20"))}),
            }
        ),
    ]


def ensemble_of(chosen: list) -> Ensemble:
    return Ensemble.model_validate(
        {"components": [{"weight": one, "spec": spec} for one, spec in zip(WEIGHTS_OF, chosen, strict=True)]}
    )


@dataclasses.dataclass(frozen=True)
class Fitted:
    experiment: Experiment
    windows: Windows
    split: Split
    forecaster: Forecaster
    scored: pl.DataFrame


@cache
def fitted(layout: str) -> Fitted:
    """As a search fits: on a panel that was read for more, its dates planned for the longest look-back."""
    experiment = small_experiment(task={"lookback": 14}, features={"names": [], "groups": []})
    windows, _ = open_windows(experiment.spec, PRICES)
    split = plan_folds(experiment, windows)[-1]
    narrow = small_experiment()
    forecaster = fit(ensemble_of(specs(narrow, layout)), windows, split)
    return Fitted(narrow, windows, split, forecaster, forecast_split(forecaster, windows, split))


every_layout = pytest.mark.parametrize("layout", ["pooled", "joint"])


@every_layout
def test_what_is_served_is_what_was_scored_bit_for_bit_from_files_without_pickle(layout, tmp_path):
    made = fitted(layout)
    save_forecaster(made.forecaster, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {WEIGHTS, DESCRIPTION, CHECKSUMS}
    loaded = load_forecaster(tmp_path)
    assert loaded.spec == made.forecaster.spec
    assert loaded.features == made.forecaster.features
    assert loaded.choice == made.forecaster.choice
    assert made.scored.height > 200
    served = loaded.predict(PRICES, since=made.split.test.start)
    assert served.select(NUMBERS).equals(made.scored.select(NUMBERS))
    day = made.scored["as_of"].unique().sort()[11]
    assert (
        loaded.predict(PRICES, as_of=day)
        .select(NUMBERS)
        .equals(made.scored.filter(as_of=day).select(NUMBERS))
    )


@every_layout
def test_a_panel_of_its_own_gives_the_same_bytes(layout, tmp_path):
    made = fitted(layout)
    alone, _ = read_panel(made.forecaster.spec, PRICES)
    assert set(alone.features) < set(made.windows.features)
    again = fit(made.forecaster.spec, alone, made.split)
    for name, one in (("one", made.forecaster), ("other", again)):
        save_forecaster(one, tmp_path / name)
    for file in (WEIGHTS, DESCRIPTION):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


def test_each_component_learned_what_it_learns_alone():
    made = fitted("pooled")
    for component, spec in zip(made.forecaster.components, specs(made.experiment), strict=True):
        (alone,) = fit(spec, made.windows, made.split).components
        assert (component.spec, component.features, component.choice) == (
            alone.spec,
            alone.features,
            alone.choice,
        )
        assert len(component.members) == len(alone.members)
        for one, other in zip(component.members, alone.members, strict=True):
            ours, theirs = one.arrays(), other.arrays()
            assert all(np.array_equal(ours[name], theirs[name], equal_nan=True) for name in theirs)


@every_layout
def test_no_component_knows_the_future(layout):
    made = fitted(layout)
    audit = audit_forecaster(made.forecaster, made.experiment, PRICES, made.split, dates=2)
    assert audit.findings == ()
    assert sum(row["rows"] for row in audit.counts() if row["stage"] == "forecasts") > 0


def outputs(made: Fitted) -> tuple[Windows, np.ndarray, list]:
    """The narrowed panel, its validation rows, and what each component says of them."""
    asked = unite_asked([one.spec.reading.features for one in made.forecaster.components])
    windows = made.windows.read_as(asked)
    rows_NT = windows.usable(made.forecaster.lookback) & windows.rows(made.split.validation)
    return windows, rows_NT, made.forecaster.answers(windows, rows_NT)


def test_means_reach_equally_far_before_they_are_weighed():
    made = fitted("pooled")
    _, rows_NT, answers = outputs(made)
    reach_CH = np.array(
        [
            np.sqrt(np.mean((one.size_H * mean_NTH[rows_NT]) ** 2, axis=0))
            for one, (mean_NTH, _) in zip(made.forecaster.components, answers, strict=True)
        ]
    )
    np.testing.assert_allclose(reach_CH, np.tile(reach_CH[0], (3, 1)), rtol=1e-5)
    raw_CH = [np.sqrt(np.mean(mean_NTH[rows_NT] ** 2, axis=0)) for mean_NTH, _ in answers]
    assert np.ptp(raw_CH, axis=0).max() > 0.1 * np.mean(raw_CH), "or nothing was evened out"


def test_one_alone_answers_in_every_bit_as_if_there_were_no_others():
    made = fitted("pooled")
    _, rows_NT, answers = outputs(made)
    for component, answer in zip(made.forecaster.components, answers, strict=True):
        (sized,) = even_out([component], [answer], rows_NT)
        assert sized is component
        assert combine([component], [answer]) is answer


def test_a_component_that_says_nothing_but_zero_draws_the_mean_to_zero_and_breaks_nothing():
    made = fitted("pooled")
    zero = made.experiment.spec.model_copy(update={"model": Model(family="zero")})
    chosen = [*specs(made.experiment)[1:], zero]
    forecaster = fit(ensemble_of(chosen), made.windows, made.split)
    assert forecaster.components[2].size_H.tolist() == [1.0, 1.0]
    rows = forecast_split(forecaster, made.windows, made.split)
    assert rows["mean"].is_finite().all()
    assert (rows["lower"] < rows["mean"]).all()


def test_regimes_are_known_to_the_whole_and_its_intervals_hold():
    made = fitted("pooled")
    held = made.scored.filter(pl.col("realized").is_between("lower", "upper"))
    assert 0.75 < held.height / made.scored.filter(pl.col("realized").is_not_null()).height < 1
    assert made.forecaster.regimes == made.forecaster.components[1].regimes


@pytest.mark.parametrize(
    "change", [{"learned": []}, {"calibration": 3}, {"format": 4}, {"spec": {"components": []}}]
)
def test_a_description_that_does_not_fit_is_refused_by_name(change, tmp_path):
    import hashlib
    import json

    save_forecaster(fitted("pooled").forecaster, tmp_path)
    told = json.loads((tmp_path / DESCRIPTION).read_text())
    (tmp_path / DESCRIPTION).write_text(json.dumps({**told, **change}))
    sums = {
        name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in (WEIGHTS, DESCRIPTION)
    }
    (tmp_path / CHECKSUMS).write_text(json.dumps(sums))
    with pytest.raises(BrokenArtifact) as refused:
        load_forecaster(tmp_path)
    assert "\n" not in str(refused.value)
