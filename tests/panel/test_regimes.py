"""States of the market: found where they are planted, known without looking ahead, and part of the model."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_core.errors import NotEnoughData
from ml_core.evaluation.leakage import audit
from ml_core.features.regimes import (
    REGIME_FEATURES,
    Regimes,
    State,
    filter_turbulence,
    fit_regimes,
    regime_columns,
    regime_features,
)
from ml_core.features.table import chosen_names
from ml_core.forecaster.files import load_forecaster, save_forecaster
from ml_core.panel.splits import Span, Split
from ml_core.spec.experiment import Features, Model, Reading, RunSpec, Task, Training
from ml_core.training.fit import fit
from ml_core.training.loop import Fitting
from ml_core.walkforward.opening import open_windows
from tests.market import simulate_prices


def planted(sessions: int = 2000, *, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Returns of a market that switches between a calm and a wild state, and which it was."""
    rng, wild = np.random.default_rng(seed), np.zeros(sessions, dtype=bool)
    for day in range(1, sessions):
        wild[day] = rng.random() < (0.97 if wild[day - 1] else 0.015)
    return np.where(wild, rng.normal(-0.001, 0.02, sessions), rng.normal(0.0006, 0.007, sessions)), wild


RETURN_T, WILD_T = planted()
REGIMES = fit_regimes(RETURN_T)


def test_planted_states_are_found_and_told_on_the_day():
    assert REGIMES.calm.deviation == pytest.approx(0.007, rel=0.1)
    assert REGIMES.turbulent.deviation == pytest.approx(0.02, rel=0.1)
    assert REGIMES.turbulent.stay == pytest.approx(0.97, abs=0.02)
    assert ((filter_turbulence(REGIMES, RETURN_T) > 0.5) == WILD_T).mean() > 0.9


def test_the_fit_is_as_likely_as_that_of_statsmodels():
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    theirs = MarkovRegression(RETURN_T, k_regimes=2, switching_variance=True).fit()
    deviations = np.sqrt(np.sort(theirs.params[-2:]))
    assert REGIMES.calm.deviation == pytest.approx(deviations[0], rel=0.01)
    assert REGIMES.turbulent.deviation == pytest.approx(deviations[1], rel=0.01)
    quiet_first = theirs.params[-2] < theirs.params[-1]
    filtered = theirs.filtered_marginal_probabilities[:, 1 if quiet_first else 0]
    np.testing.assert_allclose(filter_turbulence(REGIMES, RETURN_T), filtered, atol=0.03)


returns = st.lists(st.one_of(st.floats(-0.5, 0.5), st.just(float("nan"))), min_size=2, max_size=60)


@given(returns=returns, share=st.floats(0.1, 0.9))
@settings(max_examples=60, deadline=None)
def test_what_is_said_of_a_day_knows_nothing_of_later_days(returns, share):
    whole, cut = np.array(returns), max(1, int(len(returns) * share))
    told = regime_columns(REGIMES, whole, list(REGIME_FEATURES))
    earlier = regime_columns(REGIMES, whole[:cut], list(REGIME_FEATURES))
    for name, values in told.items():
        assert np.isfinite(values).all(), name
        np.testing.assert_array_equal(values[:cut], earlier[name], err_msg=name)


SLOW = Regimes(
    calm=State(mean=0.0005, deviation=0.006, stay=0.9995),
    turbulent=State(mean=0.0004, deviation=0.0065, stay=0.9995),
)


@pytest.mark.parametrize("regimes", [REGIMES, SLOW], ids=["soon forgotten", "hardly forgotten"])
@pytest.mark.parametrize("last", [600, 1400, 2150])
def test_its_declared_history_suffices_to_the_bit_however_long_the_calm(regimes, last):
    return_T = np.random.default_rng(4).normal(0.0006, 0.006, 2151)
    return_T[:120] *= 4
    for feature in regime_features():
        recent = return_T[last - feature.history : last + 1]
        whole, short = (
            regime_columns(regimes, part, [feature.name]) for part in (return_T[: last + 1], recent)
        )
        assert whole[feature.name][-1] == short[feature.name][-1], feature.name


def test_an_age_ends_at_a_year():
    calm = np.full(1000, 0.0006)
    assert regime_columns(REGIMES, calm, ["regime_age"])["regime_age"].min() == np.float32(-np.log(251))


def test_too_few_training_sessions_are_refused():
    with pytest.raises(
        NotEnoughData, match="20 training sessions are too few for market regimes; expected at"
    ):
        fit_regimes(RETURN_T[:20])


def test_a_market_that_never_moves_does_no_harm():
    still = fit_regimes(np.zeros(100))
    assert np.isfinite(filter_turbulence(still, np.array([0.0, 0.0, 0.3]))).all()


TASK = Task(horizons=(1, 3))
READING = Reading(lookback=8, features=Features(groups=("regime",), names=("momentum_5",), select="all"))
SPEC = RunSpec(
    task=TASK,
    reading=READING,
    model=Model(family="lstm", hidden=8),
    training=Training(epochs=1, batch=32),
)
PRICES = simulate_prices(sessions=200)
WINDOWS, _ = open_windows(SPEC, PRICES)
DAYS = WINDOWS.sessions
SPLIT = Split(0, Span(DAYS[20], DAYS[110]), Span(DAYS[116], DAYS[150]), Span(DAYS[156], DAYS[-1]))


def test_the_group_is_offered_by_name():
    assert set(chosen_names(Features(groups=("regime",)))) == {"regime_return", *REGIME_FEATURES}


def test_parameters_come_from_training_dates_only():
    later = WINDOWS.x_NTF.copy()
    later[:, WINDOWS.rows(Span(SPLIT.validation.start, DAYS[-1]))] *= 3.0
    changed = Fitting(SPEC, dataclasses.replace(WINDOWS, x_NTF=later), SPLIT)
    assert changed.inputs.regimes == Fitting(SPEC, WINDOWS, SPLIT).inputs.regimes is not None


def test_a_model_keeps_its_regimes_and_passes_the_leak_audit(tmp_path):
    forecaster = fit(SPEC, WINDOWS, SPLIT)
    assert {"regime_turbulence", "regime_surprise"} <= set(forecaster.features)
    save_forecaster(forecaster, tmp_path)
    loaded = load_forecaster(tmp_path)
    assert loaded.regimes == forecaster.regimes
    told = loaded.predict(PRICES, since=SPLIT.test.start)
    assert told.height and told.equals(forecaster.predict(PRICES, since=SPLIT.test.start))
    dates = [DAYS[170], DAYS[185]]
    assert not audit(lambda table: loaded.predict(table, since=DAYS[165]), PRICES, as_of=dates, seed=1)


def test_a_model_that_chose_no_regime_keeps_none():
    forecaster = fit(
        SPEC.model_copy(update={"reading": Reading(lookback=8, features=Features(names=("momentum_5",)))}),
        WINDOWS,
        SPLIT,
    )
    assert forecaster.regimes is None
