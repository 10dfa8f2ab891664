"""An interval holds as many outcomes as it says, however few errors it was fitted on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_core.errors import NotEnoughData
from ml_core.evaluation.intervals import adapt_factor, fit_intervals


def test_the_factor_is_the_corrected_quantile():
    residual, scale = np.arange(1.0, 20.0)[:, None], np.ones((19, 1))
    assert fit_intervals(residual, scale, level=0.9).tolist() == [18.0]  # ceil(20 · 0.9)
    assert fit_intervals(-residual, 2 * scale, level=0.9).tolist() == [9.0]


@pytest.mark.parametrize("count", [9, 19, 60, 500])
def test_coverage_is_at_least_the_level_and_not_far_above(count):
    rng = np.random.default_rng(count)
    factor = [fit_intervals(rng.standard_t(3, count), np.ones(count), level=0.9) for _ in range(400)]
    fresh = np.abs(rng.standard_t(3, (400, 200)))
    covered = float((fresh <= np.array(factor)[:, None]).mean())
    assert 0.89 < covered < 0.9 + 1 / (count + 1) + 0.012


@given(seed=st.integers(0, 1000), horizons=st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_each_horizon_is_fitted_on_its_own_known_rows(seed, horizons):
    rng = np.random.default_rng(seed)
    residual, scale = rng.normal(size=(80, horizons)), rng.uniform(0.5, 2, (80, horizons))
    residual[70:, -1] = np.nan
    together = fit_intervals(residual, scale, level=0.8)
    assert together.shape == (horizons,)
    for number in range(horizons):
        known = ~np.isnan(residual[:, number])
        alone = fit_intervals(residual[known, number], scale[known, number], level=0.8)
        assert together[number] == alone


def test_too_few_errors_are_refused_with_the_number_needed():
    with pytest.raises(NotEnoughData, match="expected at least 9"):
        fit_intervals(np.ones(8), np.ones(8), level=0.9)
    with pytest.raises(NotEnoughData, match="0 errors"):
        fit_intervals(np.full(50, np.nan), np.ones(50), level=0.9)


def test_it_widens_when_the_world_grows_wilder():
    rng = np.random.default_rng(0)
    score = np.abs(rng.normal(size=3000)) * np.where(np.arange(3000) < 1000, 1.0, 2.0)
    factors = adapt_factor(score, factor=1.645, level=0.9, delay=5)
    assert float((score[2000:] <= factors[2000:]).mean()) == pytest.approx(0.9, abs=0.02)
    assert float((score[2000:] <= 1.645).mean()) < 0.7


def test_only_outcomes_that_have_arrived_are_used():
    score = np.abs(np.random.default_rng(0).normal(size=50))
    given = adapt_factor(score, factor=1.0, level=0.9, delay=3)
    changed = np.where(np.arange(50) >= 20, 99.0, score)
    again = adapt_factor(changed, factor=1.0, level=0.9, delay=3)
    assert again[:23].tolist() == given[:23].tolist()
    assert again[23] != given[23]
