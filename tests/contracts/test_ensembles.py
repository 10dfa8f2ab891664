"""Every network and every baseline can be one of several that answer as one: saved, loaded and served like them all."""

import pytest

from ml_core.baselines import BASELINES, is_baseline
from ml_core.forecaster.files import load_forecaster, save_forecaster
from ml_core.forecaster.learners import complete
from ml_core.models.family import FAMILIES
from ml_core.spec import choices
from ml_core.spec.ensemble import Ensemble
from ml_core.spec.run import Model, Training
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds
from ml_core.walkforward.rows import forecast_split
from tests.contracts.test_baselines import LIGHT
from tests.market import simulate_prices, small_experiment

EXPERIMENT = small_experiment()
PRICES = simulate_prices()
WINDOWS, _ = open_windows(EXPERIMENT.spec, PRICES)
SPLIT = plan_folds(EXPERIMENT, WINDOWS)[-1]
NUMBERS = ["ticker", "as_of", "horizon", "mean", "lower", "upper", "scale"]


@pytest.mark.parametrize("name", choices.names(FAMILIES) + choices.names(BASELINES))
def test_it_answers_with_another_as_it_was_scored_bit_for_bit(name, tmp_path):
    brief = {"training": Training(epochs=1, windows=64), "seed": 5}
    own = EXPERIMENT.spec.model_copy(
        update={"model": complete(Model(family=name, **LIGHT.get(name, {}))), **brief}
    )
    other = EXPERIMENT.spec.model_copy(update={"model": Model(family="ewma" if name == "ridge" else "ridge")})
    spec = Ensemble.model_validate(
        {"components": [{"weight": 0.7, "spec": own}, {"weight": 0.3, "spec": other}]}
    )
    forecaster = fit(spec, WINDOWS, SPLIT)
    scored = forecast_split(forecaster, WINDOWS, SPLIT)
    save_forecaster(forecaster, tmp_path)
    loaded = load_forecaster(tmp_path)
    assert loaded.spec == forecaster.spec
    assert [one.spec.told for one in loaded.components] == [name, other.told]
    assert [is_baseline(one.spec.told) for one in loaded.components][1]
    served = loaded.predict(PRICES, since=SPLIT.test.start)
    assert served.height > 0
    assert served.select(NUMBERS).equals(scored.select(NUMBERS))
