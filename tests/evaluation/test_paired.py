"""The mean of dates that overlap: its p is uniform where there is nothing, and its interval says the same as its p."""

import numpy as np
import pytest
from scipy import stats

from ml_core.errors import NotEnoughData
from ml_core.evaluation.paired import cosines, count_cosines, dates_needed, weigh_mean, weigh_means


def overlapping(rng: np.random.Generator, *, count: int, horizon: int, sessions: int) -> np.ndarray:
    """Skilless: a forecast that persists times outcomes that share sessions."""
    signal = rng.normal(size=(count, sessions))
    for place in range(1, sessions):
        signal[:, place] = 0.9 * signal[:, place - 1] + np.sqrt(0.19) * signal[:, place]
    steps = rng.standard_t(4, size=(count, sessions + horizon - 1))
    return signal * np.lib.stride_tricks.sliding_window_view(steps, horizon, axis=1).sum(axis=2)


@pytest.mark.parametrize("horizon", [1, 5, 20])
def test_where_there_is_nothing_five_in_a_hundred_pass(horizon):
    values = overlapping(np.random.default_rng(horizon), count=4000, horizon=horizon, sessions=252)
    mean, error, freedom = weigh_means(values, horizon=horizon)
    assert 0.035 < np.mean(stats.t.sf(mean / error, freedom) < 0.05) < 0.06


def test_the_error_is_that_of_the_plain_mean_where_dates_are_independent():
    values = np.random.default_rng(0).normal(0.1, 2.0, size=(2000, 400))
    _, error, _ = weigh_means(values, horizon=1)
    assert np.sqrt(np.mean(error**2)) == pytest.approx(2.0 / 20, rel=0.02)


def test_the_interval_holds_zero_exactly_where_p_is_above_a_twentieth():
    for seed in range(40):
        found = weigh_mean(np.random.default_rng(seed).normal(0.1, 1, 100), horizon=1)
        assert (found.interval()[0] > 0) == (found.p < 0.05)


def test_one_series_is_weighed_as_among_many_and_scale_does_not_matter():
    values = np.random.default_rng(0).normal(size=(3, 120))
    mean, error, freedom = weigh_means(values, horizon=5)
    one = weigh_mean(values[1], horizon=5)
    assert (one.value, one.error, one.freedom, one.dates) == (
        pytest.approx(mean[1]),
        pytest.approx(error[1]),
        freedom,
        120,
    )
    assert weigh_mean(1e-9 * values[1], horizon=5).p == pytest.approx(one.p)
    assert weigh_mean(-values[1], horizon=5).p == pytest.approx(1 - one.p)


def test_cosines_are_orthonormal_and_hold_nothing_of_the_mean():
    basis = cosines(252, 20)
    assert basis.T @ basis == pytest.approx(np.eye(20), abs=1e-12)
    assert basis.sum(axis=0) == pytest.approx(np.zeros(20), abs=1e-12)


def test_the_longer_outcomes_overlap_or_persist_the_fewer_cosines():
    told = [count_cosines(252, horizon, persistent=False) for horizon in (1, 5, 20, 60)]
    assert told == [33, 29, 7, 4]
    assert [count_cosines(count, 1, persistent=True) for count in (252, 2520)] == [6, 6]


def test_dates_without_a_number_are_left_out_and_too_few_are_refused():
    values = np.random.default_rng(0).normal(size=150)
    holes = np.where(np.arange(150) % 13 == 0, np.nan, values)
    assert weigh_mean(holes, horizon=1) == weigh_mean(holes[~np.isnan(holes)], horizon=1)
    assert dates_needed(20) == 136
    with pytest.raises(NotEnoughData, match="135 dates at horizon 20; expected at least 136"):
        weigh_mean(values[:135], horizon=20)


def test_what_never_differs_proves_nothing_and_a_sure_thing_is_sure():
    assert weigh_mean(np.zeros(50), horizon=1).p == 0.5
    assert weigh_mean(np.full(50, 0.3), horizon=1).p == 0.0
    assert weigh_mean(np.full(50, -0.3), horizon=1).p == 1.0
