"""Weights of several forecasts go by what each gained, as far as it is known, and are equal where it is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_core.evaluation.weights import weigh_members

DATES = 400
markets = given(
    mean_M=st.lists(st.floats(-0.1, 0.2), min_size=2, max_size=6),
    noise=st.floats(0.01, 2.0),
    seed=st.integers(0, 2**16),
)


def gains(mean_M: list[float], *, noise: float, seed: int = 0) -> np.ndarray:
    """gain_TM: luck of each date that all share, and as much that each has alone."""
    rng = np.random.default_rng(seed)
    shared_T1 = rng.normal(0, noise, (DATES, 1))
    return np.array(mean_M) + shared_T1 + rng.normal(0, noise, (DATES, len(mean_M)))


@settings(max_examples=60, deadline=None)
@markets
def test_weights_sum_to_one_and_none_is_below_zero(mean_M, noise, seed):
    weight_M = weigh_members(gains(mean_M, noise=noise, seed=seed), horizon=1)
    assert weight_M.sum() == pytest.approx(1, abs=1e-12)
    assert (weight_M >= 0).all()


@settings(max_examples=60, deadline=None)
@markets
def test_who_measured_a_higher_gain_never_weighs_less_where_errors_are_alike(mean_M, noise, seed):
    gain_TM = gains([0.0] * len(mean_M), noise=noise, seed=seed)
    gain_TM = gain_TM[:, :1] + np.array(
        mean_M
    )  # the same luck, so that the errors of differences are nothing
    weight_M = weigh_members(gain_TM, horizon=1)
    order = np.argsort(mean_M, kind="stable")
    assert (np.diff(weight_M[order]) >= -1e-12).all()


@settings(max_examples=30, deadline=None)
@markets
def test_the_order_in_which_they_are_named_does_not_matter(mean_M, noise, seed):
    gain_TM = gains(mean_M, noise=noise, seed=seed)
    np.testing.assert_allclose(
        weigh_members(gain_TM[:, ::-1], horizon=1), weigh_members(gain_TM, horizon=1)[::-1], atol=1e-9
    )


def test_weights_are_nearly_equal_where_errors_are_large():
    told = [weigh_members(gains([0.06, 0.05, 0.02], noise=3.0, seed=seed), horizon=1) for seed in range(40)]
    assert np.abs(np.array(told) - 1 / 3).mean() < 0.12
    sure = [weigh_members(gains([0.06, 0.05, 0.02], noise=0.05, seed=seed), horizon=1) for seed in range(40)]
    assert np.abs(np.mean(sure, axis=0) - 1 / 3).max() > 0.12


def test_weights_go_by_the_gain_where_it_is_known_well():
    weight_M = weigh_members(gains([0.06, 0.03, 0.01], noise=0.002), horizon=1)
    np.testing.assert_allclose(weight_M, [0.6, 0.3, 0.1], atol=0.02)


@pytest.mark.parametrize("barren", [0.0, -0.04])
def test_a_member_without_gain_gets_less_and_one_that_surely_loses_nothing(barren):
    weight_M = weigh_members(gains([0.05, 0.05, barren], noise=0.02), horizon=1)
    assert weight_M[2] < 0.05 < weight_M[:2].min()
    assert weight_M[2] == 0 if barren < -0.02 else True


def test_members_that_all_do_the_same_count_the_same():
    np.testing.assert_allclose(weigh_members(np.tile([[0.1], [0.2]], (50, 4)), horizon=1), 0.25)


@pytest.mark.parametrize("dates", [0, 5])
def test_with_too_few_dates_to_tell_weights_are_equal(dates):
    assert weigh_members(np.arange(3.0 * dates).reshape(dates, 3), horizon=1).tolist() == [1 / 3] * 3
